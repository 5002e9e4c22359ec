"""Where videos are kept, for how long, and what is deleted."""
