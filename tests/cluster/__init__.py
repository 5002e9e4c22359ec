"""Whole installations of several machines: what happens when parts of them die."""
