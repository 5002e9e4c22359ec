"""What one client sends: streams, their order and repair, layers, keyframes."""
