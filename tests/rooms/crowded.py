"""A room of many who all send, and what a change in it costs: frames and characters to everybody, lines of Python."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from rooms import protocol
from rooms.protocol.errors import CloseCode
from rooms.room_key import RoomKey
from rooms.runtime.connection import Connection
from tests.rooms.fakes import ticket_of
from tests.rooms.guests import CAMERA, MIC
from tests.work import counted_work

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from rooms.runtime.node import Node
    from rooms.runtime.room import Room


class CountingSocket:
    """Takes everything at once, and counts it."""

    def __init__(self) -> None:
        self.frames: list[str] = []
        self.closed: int | None = None

    async def send_frame(self, frame: str) -> None:
        self.frames.append(frame)

    async def close_socket(self, code: int, reason: str) -> None:
        del reason
        self.closed = code


@dataclass(frozen=True)
class Cost:
    """Of one change, for the whole room."""

    frames: int
    characters: int
    lines: int
    consumers: int


class Crowded:
    """Everybody of one room."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.room: Room = node.room(RoomKey(1, "crowded"))
        self.sockets: dict[str, CountingSocket] = {}
        self._connections: dict[str, Connection] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._capabilities = msgspec.to_builtins(node.rtp_capabilities)
        self._last_id = 0

    async def settle(self) -> None:
        """Until nothing waits to be told."""
        while True:
            for _ in range(30):
                await asyncio.sleep(0)
            if len(self.room._work) == 0:
                break
        await asyncio.sleep(0)

    async def join(self, peer_id: str, *, gathered: bool = True, watches: bool = False, **admission: Any) -> None:
        socket = self.sockets[peer_id] = CountingSocket()
        connection = self._connections[peer_id] = Connection(socket)
        task = asyncio.create_task(connection.run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        join = {"ticket": "", "rtpCapabilities": self._capabilities, "gathered": gathered, "watches": watches}
        ticket = ticket_of(peer_id, peer_id, **{"hand_enabled": True, **admission})
        self.room.join(connection, self._next(), msgspec.convert(join, protocol.Join), ticket)
        await self.settle()

    async def ask(self, peer_id: str, method: str, **data: Any) -> dict[str, Any]:
        number = self._next()
        request = msgspec.convert(data, protocol.REQUESTS[method])
        self.room.request(self._connections[peer_id], peer_id, number, request)
        await self.settle()
        frames = [msgspec.json.decode(one) for one in self.sockets[peer_id].frames[-40:]]
        return next(dict(frame) for frame in reversed(frames) if frame.get("id") == number)

    def leave(self, peer_id: str) -> None:
        self.room.disconnected(self._connections[peer_id], peer_id)

    async def close(self) -> None:
        """Everybody's socket is closed."""
        for connection in self._connections.values():
            connection.close(CloseCode.NORMAL)
        await asyncio.gather(*self._tasks)

    def consumers(self) -> int:
        """How many there are in the whole room."""
        return sum(len(member.recv_transport.consumers) for member in self.room._members.values())

    async def cost(self, change: Callable[[], Awaitable[Any] | None]) -> Cost:
        """Of a change, with everything that follows from it; what is told later is told at once."""
        await self.settle()
        self.room._announcer.news.flush()
        await self.settle()
        before = {name: len(one.frames) for name, one in self.sockets.items()}
        consumers = self.consumers()
        now = self.room._loop.time()
        with pytest.MonkeyPatch.context() as patch, counted_work() as work:
            patch.setattr(self.room._loop, "time", lambda: now)  # what is done now and then is not counted
            done = change()
            if done is not None:
                await done
            await self.settle()
            self.room._announcer.news.flush()
            await self.settle()
        frames = [frame for name, one in self.sockets.items() for frame in one.frames[before.get(name, 0) :]]
        return Cost(len(frames), sum(map(len, frames)), work.lines, self.consumers() - consumers)

    async def fill(self, people: int) -> None:
        """So many come in, with microphone and camera on."""
        for number in range(people):
            name = f"p{number}"
            await self.join(name)
            await self.ask(name, "produce", **MIC)
            await self.ask(name, "produce", **CAMERA)

    def sent_by(self, peer_id: str, source: str) -> str:
        """The id of somebody's producer."""
        peer = next(one for one in self.room.state.everybody if one.info.id == peer_id)
        return next(one.id for one in peer.info.producers if one.source == source)

    def told(self, peer_id: str) -> list[dict[str, Any]]:
        """All events that somebody has heard, in order."""
        frames = [msgspec.json.decode(frame) for frame in self.sockets[peer_id].frames]
        return [event for frame in frames for event in frame.get("events", [frame]) if "event" in event]

    def _next(self) -> int:
        self._last_id += 1
        return self._last_id
