"""daphne's `send` waits for clients that do not read. This is the test of the contract with daphne's internals."""

from __future__ import annotations

import asyncio
import http.client
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.client import connect

from meet.run.self_signed import ensure_certificate
from rooms.signalling.backpressure import Backpressure
from tests.rooms.conftest import NodeProcess
from tests.rooms.sender_process import FRAME, FRAMES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module", params=["tcp", "tls"])
def sender(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    folder = tmp_path_factory.mktemp("sender")
    certificate = ensure_certificate(folder, []) if request.param == "tls" else None
    process = NodeProcess(folder / "log", "tests.rooms.sender_process", certificate)
    yield process
    process.stop()
    assert "Traceback" not in process.log, process.log


async def count(sender: NodeProcess) -> int:
    return int((await asyncio.to_thread(sender.health))["sent"])


async def stopped(sender: NodeProcess) -> int:
    """How many frames were sent when a while passes without another one."""
    seen = [await count(sender)]
    while seen[0] == 0 or seen[-5:] != 5 * seen[-1:]:
        await asyncio.sleep(0.1)
        seen.append(await count(sender))
        if seen[0] == 0:
            seen.pop(0)
    return seen[-1]


async def test_sending_stops_while_the_client_reads_nothing_and_goes_on_when_it_does(sender: NodeProcess) -> None:
    before = sender.memory_kib
    # The client's own queue holds one frame; then it stops reading from its socket.
    async with connect(sender.websocket, subprotocols=["meet.v1"], max_queue=1, ssl=sender.tls) as socket:  # type: ignore[list-item]
        assert await stopped(sender) < FRAMES / 2
        assert sender.memory_kib - before < 10_000
        for _ in range(FRAMES):
            assert await asyncio.wait_for(socket.recv(), 30) == FRAME
    assert await count(sender) == FRAMES


async def test_a_client_that_vanishes_does_not_leave_a_sender_behind(sender: NodeProcess) -> None:
    socket = await connect(sender.websocket, subprotocols=["meet.v1"], max_queue=1, ssl=sender.tls)  # type: ignore[list-item]
    await asyncio.sleep(0.5)
    assert await count(sender) < FRAMES
    socket.transport.abort()
    for _ in range(300):
        if await count(sender) == FRAMES:  # what is sent into the void is thrown away
            break
        await asyncio.sleep(0.1)
    assert await count(sender) == FRAMES


class Stalled:
    """Twisted's request of a client that reads nothing: its transport has paused who writes."""

    def __init__(self) -> None:
        self.channel: Any = self
        self.aborted = 0

    def registerProducer(self, producer: Any, _streaming: bool) -> None:  # noqa: N802
        producer.pauseProducing()

    def unregisterProducer(self) -> None:  # noqa: N802
        return

    def forceAbortClient(self) -> None:  # noqa: N802
        self.aborted += 1
        self.channel = None

    async def reply(self, _message: dict[str, Any]) -> None:
        return


async def test_an_answer_of_which_nothing_is_taken_ends_with_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rooms.signalling.backpressure.STALLED_S", 0.01)
    request = Stalled()

    async def application(_scope: Any, _receive: Any, send: Any) -> None:
        for _ in range(3):
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
        await send({"type": "http.response.body"})

    async def handle_reply(request: Stalled, message: dict[str, Any]) -> None:
        await request.reply(message)

    await asyncio.wait_for(Backpressure(application)({"type": "http"}, None, partial(handle_reply, request)), 30)
    assert request.aborted == 1


def test_an_answer_that_breaks_off_ends_with_its_connection(tmp_path: Path) -> None:
    process = NodeProcess(tmp_path / "log", "tests.rooms.sender_process")
    line = http.client.HTTPConnection("127.0.0.1", process.port, timeout=30)
    try:
        line.request("GET", "/broken")
        with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
            line.getresponse().read()
    finally:
        line.close()
        process.stop()
    assert process.log.count("Traceback") == 1, process.log


async def test_another_server_is_left_alone() -> None:
    sends: list[Any] = []

    async def application(_scope: Any, _receive: Any, send: Any) -> None:
        sends.append(send)

    async def send(_message: dict[str, Any]) -> None:
        return

    await Backpressure(application)({"type": "websocket"}, None, send)
    assert sends == [send]
