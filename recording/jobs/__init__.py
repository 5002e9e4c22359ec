"""What is to be made of captures, who makes it, and what became of it."""
