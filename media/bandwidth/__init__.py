"""What a link carries and who gets how much of it: decisions without I/O, `now` in seconds of a steady clock."""
