"""A socket without a network, and participants on it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from rooms.runtime.connection import Connection
from rooms.state.ticket import Ticket


class FakeSocket:
    """Keeps what is sent. Nothing gets through unless `flowing` is set."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.closed: tuple[int, str] | None = None
        self.flowing = asyncio.Event()
        self.flowing.set()

    async def send_frame(self, frame: str) -> None:
        await self.flowing.wait()
        self.frames.append(json.loads(frame))

    async def close_socket(self, code: int, reason: str) -> None:
        assert type(code) is int
        self.closed = (code, reason)


class Person:
    """A participant with a fake socket, whose outbox is emptied by a task."""

    def __init__(self) -> None:
        self.socket = FakeSocket()
        self.connection = Connection(self.socket)
        self.task = asyncio.create_task(self.connection.run())

    @property
    def events(self) -> list[str]:
        """The names of the events so far."""
        return [frame["event"] for frame in self.socket.frames if "event" in frame]

    def event(self, name: str) -> dict[str, Any]:
        """The newest event of that name."""
        return next(f["data"] for f in reversed(self.socket.frames) if f.get("event") == name)

    @property
    def consumers(self) -> list[dict[str, Any]]:
        """What this participant was given to receive, on joining and later, the newest last."""
        given = []
        for frame in self.socket.frames:
            if frame.get("event") == "consumerCreated":
                given.append(frame["data"])
            elif frame.get("ok"):
                given += frame["data"].get("consumers", [])
        return given

    def answer(self, request_id: int) -> dict[str, Any]:
        """The answer to a request."""
        return next(f for f in self.socket.frames if "ok" in f and f["id"] == request_id)

    def answered(self, request_id: int) -> bool:
        """Whether a request has been answered."""
        return any("ok" in frame and frame["id"] == request_id for frame in self.socket.frames)

    def code(self, request_id: int) -> str:
        """The code that a request was refused with; `ok` if it was not."""
        answer = self.answer(request_id)
        return "ok" if answer["ok"] else str(answer["error"]["code"])


def ticket_of(peer_id: str, display_name: str = "", **more: Any) -> Ticket:
    """A ticket of somebody whose id the account has signed and who chooses their name, if nothing else is said."""
    return Ticket(1, "room", "serv0", peer_id, display_name, **{"name_fixed": False, "proof": "account", **more})


async def settle() -> None:
    """Let all tasks that have something to do run."""
    for _ in range(20):
        await asyncio.sleep(0)
