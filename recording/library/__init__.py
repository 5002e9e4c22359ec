"""What is known of recordings: which there are, what is to be composed of them, and where the videos are."""
