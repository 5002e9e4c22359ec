"""Capture: a room's packets, as they come, and what a regular viewer saw, into files. No decoding, no Django."""
