"""TURN servers for browsers that reach no node by themselves, with credentials that expire.

The server and we share a secret; nothing is stored for a user (draft-uberti-behave-turn-rest-00, coturn's
`use-auth-secret`).
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv6Address
from typing import Final

from rooms.protocol import IceServer

# RFC 7065 section 3.1, and no others of RFC 3986's hosts than names, IPv4 addresses and IPv6 ones in brackets.
_URL: Final = re.compile(
    r"(?P<scheme>turns?):(?:\[(?P<v6>[0-9A-Fa-f:.]{2,45})\]|(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?))"
    r"(?::(?P<port>\d{1,5}))?(?:\?transport=(?P<transport>udp|tcp))?"
)
# Octets of what names a user towards the TURN server.
_USER_OCTETS: Final = 8


def problem_of(url: str) -> str:
    """What is wrong with a TURN server's URL, in a sentence; empty where nothing is."""
    match = _URL.fullmatch(url)
    if match is None:
        return f"{url!r} is no TURN server's address."
    if not 0 < int(match["port"] or 1) < 65536:
        return f"{url!r} has a port that there is not."
    if match["v6"]:
        try:
            IPv6Address(match["v6"])
        except AddressValueError:
            return f"{url!r} is no TURN server's address."
    if match["scheme"] == "turns" and match["transport"] == "udp":
        return f"{url!r} asks for TLS over UDP, which no browser speaks."
    return ""


@dataclass(frozen=True)
class TurnServers:
    """Where they are, none where there are none; what they know as `static-auth-secret`; and for how long we let in."""

    urls: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)
    lifetime_s: int = 86_400

    def ice_servers(self, now_s: float, address: str) -> list[IceServer]:
        """RTCPeerConnection's `iceServers`, for a page that comes from this address, as `meet.client_address` tells it.

        All pages of one address are one user, by whom the server counts allocations (coturn's `user-quota`): however
        many credentials somebody asks for, they have one share. Where the address isn't known, all share one. Who has
        not the secret can't tell the address from the user's name.
        """
        if not self.urls:
            return []
        user = hmac.digest(self.secret.encode(), f"user {address}".encode(), "sha256")[:_USER_OCTETS]
        username = f"{int(now_s) + self.lifetime_s}:{user.hex()}"
        digest = hmac.digest(self.secret.encode(), username.encode(), "sha1")
        return [IceServer(list(self.urls), username, base64.b64encode(digest).decode())]
