"""The WebSocket address of a node, for a page of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from meet.accounts.hosts import host_name
from rooms.nodes.address import socket_url
from rooms.nodes.tickets import vouch_for

if TYPE_CHECKING:
    from django.http import HttpRequest

    from rooms.models import Node


def node_url(request: HttpRequest, node: Node) -> str:
    """The node's public address, else this page's host with the node's port.

    At another host the node could not know that this page is ours, so we vouch for it.
    """
    host = request.get_host()
    if node.public_url:
        own = host_name(host)
        return node.public_url if own == urlsplit(node.public_url).hostname else _vouched(node.public_url, own)
    return socket_url(node, host, secure=request.is_secure())


def _vouched(url: str, host: str) -> str:
    return f"{url}?{urlencode({'page': vouch_for(host)})}"
