"""Ports for servers that tests start.

They lie below those that the kernel gives to sockets that ask for none: between the moment that a port is found free
and the one that a server binds it, nothing else on the machine is given it.
"""

from __future__ import annotations

import os
import random
import socket
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST: Final = 11_000
"""Above those of well-known services, and above what Chromium refuses to connect to."""
END: Final = 32_000
"""Linux gives from 32,768 on by itself (`ip_local_port_range`)."""
SHARES: Final = 16
"""Each of pytest-xdist's processes has its own share of the ports."""

BOTH: Final = (socket.SOCK_DGRAM, socket.SOCK_STREAM)


def _numbers() -> Iterator[int]:
    """This process's share again and again, from anywhere on: another test run may be at work beside."""
    size = (END - FIRST) // SHARES
    first = FIRST + size * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % SHARES)
    offset = random.SystemRandom().randrange(size)
    while True:
        yield first + offset
        offset = (offset + 1) % size


_candidates = _numbers()


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port on loopback that nobody listens on, and that no other call gets soon."""
    return next(port for port in _candidates if _is_free(port, kind))


def free_media_port(count: int = 1) -> int:
    """A port on loopback that is free for both UDP and TCP, and so are those behind it, `count` in all."""
    while True:
        ports = [next(_candidates) for _ in range(count)]
        in_a_row = ports[-1] - ports[0] == count - 1
        if in_a_row and all(_is_free(port, kind) for port in ports for kind in BOTH):
            return ports[0]
