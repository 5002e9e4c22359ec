"""The WebSocket of one client (Channels): who may open it, what it may send, how much of it."""
