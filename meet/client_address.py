"""Where a request comes from: what limits count by, and what the audit trail keeps."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from django.http import HttpRequest

_IPV6_NETWORK_BITS: Final = 64


def client_address(request: HttpRequest) -> str:
    """Where a request comes from; of IPv6 the network, because one machine has many addresses in it.

    What a reverse proxy says of it has been looked at before (`meet.run.trusted_proxies`).
    """
    return _counted(request.META.get("REMOTE_ADDR", ""))


def address_in(scope: dict[str, Any]) -> str:
    """Where a connection comes from, by its ASGI scope; as `client_address` tells it."""
    return _counted((scope.get("client") or [""])[0])


def _counted(text: str) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((int(address), _IPV6_NETWORK_BITS), strict=False))
    return str(address)
