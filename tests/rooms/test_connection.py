"""The bounded outbox of one client."""

from __future__ import annotations

import asyncio

import pytest

from media.turns import Turns
from rooms.protocol import PeerLeft
from rooms.protocol.errors import CloseCode
from rooms.runtime import connection as module
from rooms.runtime.connection import SENDERS_AT_ONCE, Connection
from tests.rooms.fakes import FakeSocket, Person, settle


async def test_frames_are_sent_in_order() -> None:
    person = Person()
    for number in range(10):
        person.connection.notify(PeerLeft(str(number), "left"))
    await settle()
    assert [frame["data"]["peerId"] for frame in person.socket.frames] == [str(number) for number in range(10)]


async def test_closing_comes_after_what_was_to_be_said_before() -> None:
    person = Person()
    person.connection.notify(PeerLeft("ada", "left"))
    person.connection.dismiss("serverClosing", "The server is restarting.")
    person.connection.notify(PeerLeft("bob", "left"))
    await person.task
    assert person.events == ["peerLeft", "closing"]
    assert person.socket.closed == (4001, "The server is restarting.")


async def test_closing_twice_closes_once_with_the_first_reason() -> None:
    person = Person()
    person.connection.close(CloseCode.REPLACED, "first")
    person.connection.close(CloseCode.INTERNAL, "second")
    await person.task
    assert person.socket.closed == (4409, "first")


async def test_a_reason_that_is_too_long_for_a_close_frame_is_cut_between_characters() -> None:
    person = Person()
    person.connection.close(CloseCode.NORMAL, "x" + "é" * 100)
    await person.task
    assert person.socket.closed == (1000, "x" + "é" * 61)


@pytest.mark.parametrize(("frame", "count"), [("{}", module.MAX_WAITING_FRAMES + 1), ("x" * 1_000_000, 5)])
async def test_a_client_whose_outbox_overflows_is_closed(frame: str, count: int) -> None:
    socket = FakeSocket()
    connection = Connection(socket)
    for _ in range(count):
        connection.send(frame)
    assert connection.closing
    await connection.run()
    assert socket.frames == []
    assert socket.closed is not None
    assert socket.closed[0] == CloseCode.TOO_SLOW


async def test_a_socket_that_takes_nothing_is_given_up() -> None:
    socket = FakeSocket()
    socket.flowing.clear()
    connection = Connection(socket, send_timeout_s=0.01)
    connection.send("{}")
    connection.send("{}")
    await asyncio.wait_for(connection.run(), 30)
    assert socket.closed is not None
    assert socket.closed[0] == CloseCode.TOO_SLOW


async def test_a_slow_client_does_not_hold_up_another_one() -> None:
    slow, quick = Person(), Person()
    slow.socket.flowing.clear()
    for person in (slow, quick):
        person.connection.notify(PeerLeft("ada", "left"))
    await settle()
    assert (slow.events, quick.events) == ([], ["peerLeft"])
    slow.socket.flowing.set()
    await settle()
    assert slow.events == ["peerLeft"]


async def test_what_thousands_are_told_leaves_the_loop_some_at_a_time_and_each_in_order() -> None:
    turns = Turns(SENDERS_AT_ONCE)
    sockets = [FakeSocket() for _ in range(4 * SENDERS_AT_ONCE)]
    connections = [Connection(socket, turns=turns) for socket in sockets]
    tasks = [asyncio.create_task(connection.run()) for connection in connections]
    await asyncio.sleep(0)
    for number in range(3):
        for connection in connections:
            connection.send(f'{{"number": {number}}}')
    assert turns.waiting == len(connections)  # one turn each, however many frames
    rounds = 0
    while turns.waiting:
        before = sum(bool(socket.frames) for socket in sockets)
        await asyncio.sleep(0)
        rounds += 1
        assert sum(bool(socket.frames) for socket in sockets) - before <= SENDERS_AT_ONCE
    for connection in connections:
        connection.close(CloseCode.NORMAL)
    await asyncio.gather(*tasks)
    assert rounds >= len(connections) // SENDERS_AT_ONCE
    assert all([frame["number"] for frame in socket.frames] == [0, 1, 2] for socket in sockets)
