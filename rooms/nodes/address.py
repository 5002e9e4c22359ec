"""The addresses at which a node is reached from outside."""

from __future__ import annotations

from urllib.parse import urlsplit

from rooms.models import Node


def socket_url(node: Node, host: str, *, secure: bool) -> str:
    """The node's WebSocket address: its public one, else at the host (with or without a port) that somebody came to."""
    if node.public_url:
        return node.public_url
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return f"{'wss' if node.tls or secure else 'ws'}://{name}:{node.port}/ws/{node.name}/"


def http_url(node: Node, host: str, *, secure: bool) -> str:
    """Where the Server API answers about the node's rooms: its own host, else the one that somebody came to."""
    if not node.public_url:
        return f"{'https' if secure else 'http'}://{host}"
    parts = urlsplit(node.public_url)
    return f"{parts.scheme.replace('ws', 'http', 1)}://{parts.netloc}"


def is_nodes(name: str) -> bool:
    """Whether a host name, without a port, is in the public address of a node."""
    found = Node.objects.filter(public_url__icontains=name).values_list("public_url", flat=True)
    return any(urlsplit(url).hostname == name for url in found)
