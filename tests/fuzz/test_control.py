"""Whatever comes over the control API's port: it answers or closes, and goes on serving web."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rooms.control.requests import ListRooms
from rooms.protocol import SERVER_REQUESTS
from tests.control.asking import Answer, control_api, exchange, request
from tests.rooms.guests import guests, open_node

if TYPE_CHECKING:
    from collections.abc import Iterator

LIST = msgspec.json.encode(ListRooms(None))
ANSWERS = {0, 200, 400, 403, 404, 409, 413, 414, 431, 501, 505}
FUZZ = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
words = st.sampled_from(["type", "Act", "ListRooms", "DescribeRoom", "command", "data", "actor", *SERVER_REQUESTS])
bodies = st.one_of(
    st.binary(max_size=200),
    values.map(lambda value: json.dumps(value).encode()),
    st.fixed_dictionaries(
        {"type": words | values},
        optional={
            "account_id": st.just(1) | values,
            "account_ids": values,
            "room_id": st.just("room") | values,
            "command": words | values,
            "data": values | st.dictionaries(st.sampled_from(["peerId", "device", "allowed", "actor"]), values),
        },
    ).map(lambda value: json.dumps(value).encode()),
    st.integers(1, 5000).map(lambda depth: b'{"type":' + b"[" * depth),
)
heads = st.one_of(
    st.binary(max_size=300),
    st.tuples(
        st.sampled_from([b"GET", b"POST", b"OPTIONS", b"\x16\x03\x01", b"PRI", b""]),
        st.binary(max_size=40),
        st.sampled_from([b"HTTP/1.1", b"HTTP/1.0", b"HTTP/9", b""]),
        st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=40)), max_size=5),
    ).map(lambda t: b" ".join(t[:3]) + b"\r\n" + b"".join(n + b": " + v + b"\r\n" for n, v in t[3]) + b"\r\n"),
)


class World:
    """A node with somebody in a room and its control API, in a loop of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._ready = asyncio.Event()
        self._done = asyncio.Event()
        self._life = self.loop.create_task(self._live())
        self.loop.run_until_complete(self._ready.wait())

    async def _live(self) -> None:
        async with open_node() as node, control_api(node) as self.port:
            (self.bystander,) = await guests(node, "bystander")
            self._ready.set()
            await self._done.wait()
            self.bystander.task.cancel()

    def send(self, sent: bytes) -> Answer:
        return self.loop.run_until_complete(exchange(self.port, sent))

    def check(self) -> None:
        """Web is served as before."""
        (room,) = self.send(request(LIST)).json()
        assert (room["roomId"], room["peers"]) == ("room", 1)

    def close(self) -> None:
        self._done.set()
        self.loop.run_until_complete(self._life)
        self.loop.close()


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def no_errors(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing of it is an exception in the log."""
    yield
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


@FUZZ
@given(sent=heads)
def test_bytes_of_any_kind(world: World, sent: bytes) -> None:
    assert world.send(sent).status in ANSWERS - {200}
    world.check()


@FUZZ
@given(data=st.data())
def test_a_good_request_with_a_flaw(world: World, data: Any) -> None:
    good = bytearray(request(LIST))
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(good) - 1))
        good[position : position + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    assert world.send(bytes(good)).status in ANSWERS
    world.check()


@FUZZ
@given(body=bodies)
def test_signed_bodies_of_any_kind(world: World, body: bytes) -> None:
    answer = world.send(request(body))
    assert answer.status in {200, 400, 404, 409}
    if answer.status != 200:
        assert answer.json()["code"]
    # Nobody can be removed, nor the meeting ended, by chance: such a command needs its fields.
    world.check()
