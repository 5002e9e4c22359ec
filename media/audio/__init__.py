"""Who is heard: how loud microphones are, who dominates, and which of many are forwarded. Pure; time passed in."""
