"""A node's ASGI application: the WebSocket, and a health check. Pages and the REST API are `web`'s business."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import re_path

from rooms.consumers import SignallingConsumer

if TYPE_CHECKING:
    from rooms.node import Node


def node_application(node: Node) -> ProtocolTypeRouter:
    """`/ws/NAME/` (or `/ws/`) for clients, `/healthz` for whoever watches the process."""
    consumer = SignallingConsumer.as_asgi(node=node)
    routes = [re_path(rf"^ws/(?:{node.config.name}/)?$", consumer)]  # type: ignore[arg-type]  # an ASGI app

    async def http(scope: dict[str, Any], _receive: Any, send: Any) -> None:
        healthy = scope["path"] == "/healthz"
        body = {"name": node.config.name, "rooms": node.room_count, "peers": node.peer_count}
        await send(
            {
                "type": "http.response.start",
                "status": 200 if healthy else 404,
                "headers": [(b"content-type", b"application/json"), (b"cache-control", b"no-store")],
            }
        )
        await send({"type": "http.response.body", "body": msgspec.json.encode(body) if healthy else b"{}"})

    return ProtocolTypeRouter({"websocket": NotFoundAsClose(URLRouter(routes)), "http": http})


class NotFoundAsClose:
    """An unknown WebSocket path is refused, not an exception in the log."""

    def __init__(self, router: URLRouter) -> None:
        self._router = router

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve one socket."""
        try:
            await self._router(scope, receive, send)
        except ValueError as error:
            if "No route found" not in str(error):
                raise
            await receive()
            await send({"type": "websocket.close", "code": 4404})
