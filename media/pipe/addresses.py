"""Where pipes may be: on loopback and in private networks.

Apart from what they are made of, since settings are checked in processes that carry no media.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Final

from media.errors import InvalidParameters

# Loopback, private (RFC 1918, RFC 4193), shared (RFC 6598), and link-local where no zone is needed (RFC 3927).
PRIVATE: Final = tuple(
    ip_network(text)
    for text in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
    )
)


def is_private(ip: str) -> bool:
    """Whether it is an address that strangers don't reach."""
    try:
        address = ip_address(ip)
    except ValueError:
        return False
    return any(address.version == one.version and address in one for one in PRIVATE)


def check_private(ip: str) -> str:
    """The address itself. Raises `InvalidParameters` for one that strangers might reach."""
    if not is_private(ip):
        message = f"A pipe is on loopback or in a private network only, and {ip!r} is no address of these."
        raise InvalidParameters(message)
    return ip
