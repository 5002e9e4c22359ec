"""The addresses at which a node is reached from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from rooms.models import Node


def socket_url(node: Node, host: str, *, secure: bool) -> str:
    """The node's WebSocket address: its public one, else at the host (with or without a port) that somebody came to."""
    if node.public_url:
        return node.public_url
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return f"{'wss' if node.tls or secure else 'ws'}://{name}:{node.port}/ws/{node.name}/"


def http_url(node: Node, host: str, *, secure: bool) -> str:
    """The origin of the same address, `https://meet.example.org`."""
    parts = urlsplit(socket_url(node, host, secure=secure))
    return f"{parts.scheme.replace('ws', 'http', 1)}://{parts.netloc}"
