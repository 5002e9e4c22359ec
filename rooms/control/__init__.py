"""A node and the web processes talk about live rooms: the node's control API and its client."""
