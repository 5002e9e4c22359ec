"""Where requests really come from when a reverse proxy stands in front.

`X-Forwarded-For` and `X-Forwarded-Proto` can be written by anybody. They count when a trusted proxy has sent them, and
then become what they mean, the client and the scheme of the ASGI scope, so that nobody else needs to know of them.
"""

from __future__ import annotations

import contextlib
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]

FORWARDED_FOR: Final = b"x-forwarded-for"
FORWARDED_PROTO: Final = b"x-forwarded-proto"
# Longer chains of proxies there are none; what comes before was written by strangers.
MAX_HOPS: Final = 20


class TrustedProxies:
    """An ASGI application around another one. `networks` are those whose word counts; none where there is no proxy."""

    def __init__(self, application: Application, networks: Sequence[IPv4Network | IPv6Network]) -> None:
        self._application = application
        self._networks = tuple(networks)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve one request or one socket."""
        if self._networks and scope["type"] in {"http", "websocket"}:
            scope = self._seen_through(scope)
        await self._application(scope, receive, send)

    def _seen_through(self, scope: dict[str, Any]) -> dict[str, Any]:
        """The scope as it would be without the proxy; unchanged where it did not come from one."""
        if not self._trusted(address_in((scope.get("client") or ("",))[0])):
            return scope
        headers = scope["headers"]
        told = {FORWARDED_FOR, FORWARDED_PROTO}
        seen = {**scope, "headers": [(name, value) for name, value in headers if name not in told]}
        client = self._client([value for name, value in headers if name == FORWARDED_FOR])
        if client is not None:
            seen["client"] = [str(client), 0]
        protocols = [value for name, value in headers if name == FORWARDED_PROTO]
        if protocols and "scheme" in scope:
            secure = protocols[-1].rpartition(b",")[2].strip().lower() in {b"https", b"wss"}
            seen["scheme"] = "https" if secure else "http"
        return seen

    def _client(self, values: list[bytes]) -> IPv4Address | IPv6Address | None:
        """The last address that no trusted proxy has: each proxy adds at the end who has asked it."""
        client = None
        hops = b",".join(values).decode("latin-1").split(",")
        for hop in reversed(hops[-MAX_HOPS:]):
            address = address_in(hop)
            if address is None:
                break
            client = address
            if not self._trusted(address):
                break
        return client

    def _trusted(self, address: IPv4Address | IPv6Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


def address_in(text: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write it, perhaps with a port or in brackets; an IPv4 one never as IPv6."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    with contextlib.suppress(ValueError):
        address = ip_address(text)
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            return address.ipv4_mapped
        return address
    return None
