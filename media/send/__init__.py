"""What goes to receivers: rewriting, batches, destinations."""
