"""How a server takes many who come at once, and how one that is told to stop treats those who are there."""

from __future__ import annotations

import http.client
import socket
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from twisted.internet import protocol, tcp

from meet.run.daphne_server import ACCEPTED_AT_ONCE, take_some
from tests.rooms.conftest import START_TIMEOUT_S, NodeProcess

if TYPE_CHECKING:
    from pathlib import Path


def test_who_has_asked_gets_the_answer_and_nobody_new_gets_in(tmp_path: Path) -> None:
    server = NodeProcess(tmp_path / "log", "tests.rooms.sender_process")
    idle, asking, late = (http.client.HTTPConnection("127.0.0.1", server.port, timeout=10) for _ in range(3))
    idle.request("GET", "/healthz")
    idle.getresponse().read()
    asking.request("GET", "/slow")
    answer = asking.getresponse()
    assert answer.read(6) == b"begun "
    server.process.terminate()
    assert idle.sock.recv(1) == b"", "what waits for nothing ends at once"
    with pytest.raises(ConnectionRefusedError):
        late.connect()
    assert answer.read() == b"done"
    assert server.process.wait(START_TIMEOUT_S) == 0
    assert "Traceback" not in server.log, server.log
    for one in (idle, asking, late):
        one.close()


def test_of_connections_that_wait_a_few_are_taken_in_each_turn_of_the_loop() -> None:
    taken: list[Any] = []

    class Taking(protocol.Factory):  # type: ignore[misc]  # Twisted's classes have no types here
        def buildProtocol(self, address: Any) -> Any:  # noqa: N802 - Twisted's name
            taken.append(address)
            return protocol.Protocol()

    def ignore(*_: Any) -> None: ...

    reactor = SimpleNamespace(addReader=ignore, removeReader=ignore, addWriter=ignore, removeWriter=ignore)
    port = tcp.Port(0, Taking(), interface="127.0.0.1", reactor=reactor)
    port.startListening()
    take_some(port)
    address = ("127.0.0.1", port.getHost().port)
    waiting = [socket.create_connection(address) for _ in range(3 * ACCEPTED_AT_ONCE)]
    for turn in (1, 2, 3):
        port.doRead()
        assert len(taken) == turn * ACCEPTED_AT_ONCE
    for one in waiting:
        one.close()
    port.socket.close()
