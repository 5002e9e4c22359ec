"""Recordings: captured in the node, composed into videos by a worker, kept, and shown to those who may see them."""
