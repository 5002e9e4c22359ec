"""A node's ASGI application: the WebSocket, and a health check. Pages and the REST API are `web`'s business."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import msgspec
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import re_path

from meet.run.readiness import answer
from meet.run.trusted_proxies import TrustedProxies, address_in
from rooms.runtime.tenure import Standing
from rooms.signalling.backpressure import Backpressure
from rooms.signalling.socket import SignallingConsumer
from rooms.uptime import uptime_s

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Network, IPv6Network

    from meet.run.readiness import Finding, Readiness
    from rooms.runtime.node import Node


def node_application(
    node: Node, proxies: Sequence[IPv4Network | IPv6Network] = (), readiness: Readiness | None = None
) -> ProtocolTypeRouter:
    """`/ws/NAME/` (or `/ws/`) for clients, `/healthz` and `/readyz` for whoever watches the process.

    `proxies` are the networks of reverse proxies that may say where a request comes from.
    """
    consumer = SignallingConsumer.as_asgi(node=node)
    routes = [re_path(rf"^ws/(?:{re.escape(node.config.name)}/)?$", consumer)]

    looking = Looking(readiness)

    async def http(scope: dict[str, Any], _receive: Any, send: Any) -> None:
        status, body = 404, dict[str, Any]()
        if scope["path"] == "/healthz":
            starting = node.tenure.standing(uptime_s()) is Standing.STARTING
            status, body = (503, {"status": "starting"}) if starting else (200, {"status": "ok"})
            if from_our_network(scope):
                body |= {"name": node.config.name, "rooms": node.room_count, "peers": node.peer_count}
        elif scope["path"] == "/readyz" and readiness is not None:
            status, body = answer(await looking.findings(), details=from_this_machine(scope))
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(b"content-type", b"application/json"), (b"cache-control", b"no-store")],
            }
        )
        await send({"type": "http.response.body", "body": msgspec.json.encode(body)})

    socket = TrustedProxies(NotFoundAsClose(URLRouter(routes)), proxies)
    return ProtocolTypeRouter({"websocket": Backpressure(socket), "http": TrustedProxies(http, proxies)})


class Looking:
    """Looks at readiness beside the loop, once for all who ask meanwhile."""

    def __init__(self, readiness: Readiness | None) -> None:
        self._readiness = readiness
        self._task: asyncio.Task[Sequence[Finding]] | None = None

    async def findings(self) -> Sequence[Finding]:
        """What was found."""
        if self._readiness is None:
            return ()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(asyncio.to_thread(self._readiness.look), name="readiness")
        return await asyncio.shield(self._task)


def from_this_machine(scope: dict[str, Any]) -> bool:
    """Whether a program on this machine asks, and not a proxy for somebody else."""
    address = address_in((scope.get("client") or [""])[0])
    return from_our_network(scope) and address is not None and address.is_loopback


def from_our_network(scope: dict[str, Any]) -> bool:
    """Whether a request comes from this machine or a private network, and not through a proxy that we don't trust."""
    if any(name in {b"x-forwarded-for", b"forwarded"} for name, _ in scope["headers"]):
        return False
    address = address_in((scope.get("client") or [""])[0])
    return address is not None and address.is_private


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
