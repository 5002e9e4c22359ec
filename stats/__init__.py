"""Statistics of meetings: who was in which room and when, and what that comes to."""
