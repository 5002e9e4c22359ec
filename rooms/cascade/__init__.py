"""Rooms larger than one node: their state stays at their home, and other nodes carry media to some who receive."""
