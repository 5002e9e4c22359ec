"""Addresses of this machine: which to bind for media, which to announce, and whether a port is free."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import socket
from typing import TYPE_CHECKING, Final

import ifaddr

from meet.config import ConfigError, split_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from meet.config import Config

LOOPBACK: Final = "127.0.0.1"
# Each is a candidate that every browser checks.
MAX_ADDRESSES: Final = 8
# Connecting a UDP socket sends nothing; it only makes the kernel choose a source address. Both are for documentation
# (TEST-NET-3, RFC 5737, and RFC 3849).
_ANYWHERE: Final = {socket.AF_INET: ("203.0.113.1", 9), socket.AF_INET6: ("2001:db8::1", 9)}
# RFC 5014: the lasting address rather than one that is another tomorrow. Python has no names for them.
_IPV6_ADDR_PREFERENCES: Final = 72
_IPV6_PREFER_SRC_PUBLIC: Final = 2


def primary_address(family: socket.AddressFamily = socket.AF_INET) -> str | None:
    """The address that packets to the outside leave from; None without a way there."""
    try:
        probe = socket.socket(family, socket.SOCK_DGRAM)
    except OSError:  # no such family on this machine
        return None
    with probe, contextlib.suppress(OSError):
        if family == socket.AF_INET6:
            with contextlib.suppress(OSError):
                probe.setsockopt(socket.IPPROTO_IPV6, _IPV6_ADDR_PREFERENCES, _IPV6_PREFER_SRC_PUBLIC)
        probe.connect(_ANYWHERE[family])
        address = str(probe.getsockname()[0])
        if _usable(address):
            return address
    return None


def interface_addresses() -> list[str]:
    """All addresses of this machine's interfaces that others could reach, IPv4 before IPv6."""
    ips = [ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips]
    found = [ip if isinstance(ip, str) else ip[0] for ip in ips]
    return sorted((text for text in found if _usable(text)), key=lambda text: ":" in text)


def bound_addresses(config: Config) -> tuple[str, ...]:
    """What to bind for media, the preferred last. Raises `ConfigError`.

    Loopback is left out in production: a client on another machine could not use it.
    """
    if config.media_ip:
        given = [_literal("MEET_MEDIA_IP", text) for text in split_list(config.media_ip)]
        return _few("MEET_MEDIA_IP", given)
    chosen = [address for family in _ANYWHERE if (address := primary_address(family)) is not None]
    found = chosen or interface_addresses()[:MAX_ADDRESSES]
    loopback = [] if config.production else [LOOPBACK]
    return tuple(dict.fromkeys([*loopback, *found]))


def media_addresses(config: Config) -> tuple[tuple[str, str], ...]:
    """Pairs of the address to bind and the one to announce, the preferred last. Raises `ConfigError`.

    May ask the name service, and wait for it.
    """
    bound = bound_addresses(config)
    if not bound:
        message = "This machine has no network address for media: set MEET_MEDIA_IP."
        raise ConfigError(message)
    return announced(bound, split_list(config.public_ip))


def announced(bound: Sequence[str], public: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Each bound address with what `public` says to announce for it, otherwise as it is. Raises `ConfigError`.

    What is public is an address, a host name, or `public/bound` for one that belongs to a certain bound address. Others
    go to the bound addresses of their family in order, loopback left out; those that are too many, to the first.
    """
    by_bound: dict[str, list[str]] = {address: [] for address in bound}
    reachable = [address for address in bound if address != LOOPBACK] or bound
    waiting: list[str] = []
    for text in public:
        name, _, owner = text.partition("/")
        if owner:
            address = _literal("MEET_PUBLIC_IP", owner)
            if address not in by_bound:
                message = f"MEET_PUBLIC_IP says {text!r}, but media does not listen on {owner}: see MEET_MEDIA_IP."
                raise ConfigError(message)
            found = _of_family(_resolve(name), [address])
            if not found:
                message = f"MEET_PUBLIC_IP says {text!r}, but {name} has no address of the same family as {owner}."
                raise ConfigError(message)
            by_bound[address] += found
        else:
            found = _of_family(_resolve(name), reachable)
            if not found:
                message = f"MEET_PUBLIC_IP says {name!r}, but media has no address of its family: {_list(bound)}."
                raise ConfigError(message)
            waiting += found
    for address in waiting:
        if address in by_bound:
            by_bound[address].append(address)
            continue
        own = [one for one in reachable if (":" in one) is (":" in address)]
        by_bound[next((one for one in own if not by_bound[one]), own[0])].append(address)
    pairs = [(one, ip) for one, found in by_bound.items() for ip in dict.fromkeys(found or [one])]
    return tuple(pairs)


def written(address: str, port: int) -> str:
    """An address with a port, as people write it."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def check_port_free(kind: socket.SocketKind, host: str, port: int, option: str) -> None:
    """Raise `ConfigError` unless `port` can be bound; `option` is what the operator can change."""
    protocol = "udp" if kind is socket.SOCK_DGRAM else "tcp"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            in_use = error.errno == errno.EADDRINUSE
            problem = "is in use" if in_use else f"on {host} can't be used ({error.strerror})"
            message = f"Port {port}/{protocol} {problem}. Choose another with {option}, or free this one."
            raise ConfigError(message) from error


def _usable(text: str) -> bool:
    """Whether it is an address of one machine that others can reach without more words."""
    address = ipaddress.ip_address(text.partition("%")[0])
    return not (address.is_unspecified or address.is_loopback or address.is_link_local or address.is_multicast)


def _literal(name: str, text: str) -> str:
    """An address as Python writes it. Raises `ConfigError`."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError as error:
        message = f"{name} must have IP addresses, separated by commas, not {text!r}."
        raise ConfigError(message) from error
    if address.is_unspecified or address.is_multicast:
        message = f"{name} must have single addresses, not {text!r}: answers have to leave from the one that was asked."
        raise ConfigError(message)
    if address.version == 6 and address.is_link_local:
        message = f"{name} must have addresses that are known outside of one cable, not {text!r} (link-local)."
        raise ConfigError(message)
    return str(address)


def _few(name: str, addresses: list[str]) -> tuple[str, ...]:
    if len(addresses) > MAX_ADDRESSES:
        message = f"{name} may have {MAX_ADDRESSES} addresses, not {len(addresses)}."
        raise ConfigError(message)
    return tuple(dict.fromkeys(addresses))


def _resolve(name: str) -> list[str]:
    """The addresses of a host name, or the one that it is. Raises `ConfigError`."""
    try:
        return [str(ipaddress.ip_address(name))]
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        message = f"MEET_PUBLIC_IP says {name!r}, which is no IP address, and no name that can be resolved ({error})."
        raise ConfigError(message) from error
    addresses = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
    usable = [address for address in addresses if _usable(address)]
    if not usable:
        message = f"MEET_PUBLIC_IP says {name!r}, which is {_list(addresses)}: no other machine can reach that."
        raise ConfigError(message)
    return usable[:MAX_ADDRESSES]


def _of_family(addresses: Iterable[str], bound: Sequence[str]) -> list[str]:
    """Those for which there is a bound address of the same family."""
    families = {":" in address for address in bound}
    return [address for address in addresses if (":" in address) in families]


def _list(addresses: Iterable[str]) -> str:
    return ", ".join(addresses) or "nothing"
