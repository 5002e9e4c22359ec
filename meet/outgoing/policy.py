"""Which addresses may be sent to: pure rules about URLs, ports and IP addresses."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final

import httpx

from meet.outgoing.errors import AddressRefusedError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_URL_LENGTH: Final = 2000
# Below 1024 web servers have these; what listens above may be one.
LOW_PORTS: Final = frozenset({80, 443})
# Other protocols that could take a request for one of their own: the Fetch standard's "bad ports", and databases.
OTHER_PORTS: Final = frozenset({
    1433, 1521, 1719, 1720, 1723, 2049, 2375, 2376, 2379, 3306, 3659, 4045, 4190, 5060, 5061, 5432, 5984, 6000, 6379,
    6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 9200, 9300, 10080, 11211, 27017,
})  # fmt: skip

# IANA's special-purpose registries (RFC 6890), and Azure's metadata server, which has a public address.
_SPECIAL_IPV4: Final = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
            "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
            "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
        ),
    )
)  # fmt: skip
# Public IPv6 addresses are here (RFC 4291 section 2.4). What embeds IPv4 is outside, but for 6to4 and Teredo.
_GLOBAL_IPV6: Final = ipaddress.IPv6Network("2000::/3")
_SPECIAL_IPV6: Final = tuple(map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))


@dataclass(frozen=True)
class Policy:
    """`https_only` for production; `networks` are the operator's own, which may be sent to beside public addresses."""

    https_only: bool
    networks: tuple[Network, ...] = ()

    def check_url(self, text: str) -> httpx.URL:
        """The URL, if it is one to send to as far as it shows. Raises `AddressRefusedError`."""
        try:
            url = httpx.URL(text) if len(text) <= MAX_URL_LENGTH else None
        except httpx.InvalidURL as error:
            raise AddressRefusedError("The address is no URL.") from error
        if url is None:
            raise AddressRefusedError(f"The address is longer than {MAX_URL_LENGTH} characters.")
        if url.scheme not in ({"https"} if self.https_only else {"https", "http"}) or not url.raw_host:
            raise AddressRefusedError("The address must begin with https:// and the name of a host.")
        if url.userinfo:
            raise AddressRefusedError("The address must not contain a user or a password.")
        if not _is_web_port(url.port):
            raise AddressRefusedError(f"Port {url.port} is not one for web servers.")
        return url

    def allows(self, address: str) -> bool:
        """Whether an IP address is public, or in one of the operator's networks."""
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        if any(ip in network for network in self.networks):
            return True
        if isinstance(ip, ipaddress.IPv4Address):
            return not any(ip in network for network in _SPECIAL_IPV4)
        return ip in _GLOBAL_IPV6 and not any(ip in network for network in _SPECIAL_IPV6)


def _is_web_port(port: int | None) -> bool:
    """The scheme's own port is None."""
    return port is None or port in LOW_PORTS or (1024 <= port <= 65535 and port not in OTHER_PORTS)
