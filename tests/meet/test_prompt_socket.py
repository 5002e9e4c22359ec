"""A WebSocket's frames go to its socket at once, and what it doesn't take goes Twisted's way: on real sockets."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
from autobahn.websocket import protocol as autobahn_protocol
from twisted.internet.protocol import Protocol
from twisted.internet.tcp import Connection

from meet.run.prompt_socket import DECORATIONS, stop_decorating, written_now

if TYPE_CHECKING:
    from collections.abc import Iterator


class Reactor:
    """Counts who asks to be told when a socket takes more."""

    def __init__(self) -> None:
        self.writers: list[Any] = []

    def addWriter(self, writer: Any) -> None:  # noqa: N802
        self.writers.append(writer)

    def removeWriter(self, writer: Any) -> None:  # noqa: N802
        self.writers.remove(writer)


@pytest.fixture
def pair() -> Iterator[tuple[Connection, Reactor, socket.socket]]:
    here, there = socket.socketpair()
    here.setblocking(False)
    reactor = Reactor()
    transport = Connection(here, Protocol(), reactor)
    transport.connected = True
    with here, there:
        yield transport, reactor, there


def test_what_fits_is_sent_without_asking_to_be_told(pair: tuple[Connection, Reactor, socket.socket]) -> None:
    transport, reactor, there = pair
    assert written_now(transport, b"hello") == 5
    assert there.recv(100) == b"hello"
    assert reactor.writers == []


def test_what_does_not_fit_waits_and_what_comes_later_waits_behind_it(
    pair: tuple[Connection, Reactor, socket.socket],
) -> None:
    transport, reactor, there = pair
    large = bytes(range(256)) * 8192
    written = written_now(transport, large)
    assert 0 < written < len(large)
    transport.write(large[written:])
    assert reactor.writers == [transport]
    assert written_now(transport, b"later") == 0
    transport.write(b"later")
    received = b""
    while len(received) < len(large) + 5:
        transport.doWrite()
        received += there.recv(1 << 20)
    assert received == large + b"later"
    assert written_now(transport, b"again") == 5


@pytest.mark.parametrize("state", ["disconnecting", "disconnected", "TLS"])
def test_a_connection_that_ends_or_is_secured_is_left_to_twisted(
    pair: tuple[Connection, Reactor, socket.socket], state: str
) -> None:
    transport, _, _ = pair
    setattr(transport, state, True)
    assert written_now(transport, b"hello") == 0


def test_a_connection_whose_other_end_is_gone_is_left_to_twisted(
    pair: tuple[Connection, Reactor, socket.socket],
) -> None:
    transport, _, there = pair
    there.close()
    assert written_now(transport, b"hello") == 0


def test_autobahn_still_has_what_is_taken_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in DECORATIONS:
        monkeypatch.setattr(autobahn_protocol, name, getattr(autobahn_protocol, name))
    stop_decorating()
    value = object()
    assert [getattr(autobahn_protocol, name)(value) for name in DECORATIONS] == [value] * len(DECORATIONS)
