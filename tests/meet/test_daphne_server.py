"""How a server that is told to stop treats those who are there."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING

import pytest

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
