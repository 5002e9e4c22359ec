"""Addresses of this machine: which to bind for media, and whether a port is free."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import socket
from typing import TYPE_CHECKING, Final

from meet.config import ConfigError

if TYPE_CHECKING:
    from meet.config import Config

LOOPBACK: Final = "127.0.0.1"
# Connecting a UDP socket sends nothing; it only makes the kernel choose a source address (TEST-NET-3, RFC 5737).
_ANYWHERE: Final = ("203.0.113.1", 9)


def primary_address() -> str | None:
    """The IPv4 address that packets to the outside leave from; None without a network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(_ANYWHERE)
        address = str(probe.getsockname()[0])
        if not ipaddress.ip_address(address).is_unspecified:
            return address
    return None


def media_addresses(config: Config) -> tuple[tuple[str, str], ...]:
    """Pairs of the address to bind and the one to announce, the preferred last. Raises `ConfigError`.

    Loopback is left out in production: a client on another machine could not use it.
    """
    for name, text in (("MEET_MEDIA_IP", config.media_ip), ("MEET_PUBLIC_IP", config.public_ip)):
        _check_ip(name, text)
    bound = config.media_ip or primary_address()
    pairs: list[tuple[str, str]] = []
    if not config.production and not config.media_ip:
        pairs.append((LOOPBACK, LOOPBACK))
    if bound is not None and (bound, bound) not in pairs:
        pairs.append((bound, config.public_ip or bound))
    if not pairs:
        message = "This machine has no network address for media: set MEET_MEDIA_IP."
        raise ConfigError(message)
    return tuple(pairs)


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


def _check_ip(name: str, text: str) -> None:
    if text:
        try:
            ipaddress.ip_address(text)
        except ValueError as error:
            message = f"{name} must be an IP address, not {text!r}."
            raise ConfigError(message) from error
