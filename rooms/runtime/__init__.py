"""A live room: its queue, its members with their media, its connections. No Django."""
