"""So many requests at a time in web, the others in line: each has a thread and a connection to the database of its own.

PostgreSQL refuses connections beyond its limit (100, as a rule), and a thousand threads that want one processor get
less done than some dozens. Who only asks whether the process is well never waits. A request counts once it has come
as a whole until it is over and its connection with it, but one whose answer is sent in pieces only until the first:
a file may take its time. No place is kept for a client who sends slowly, or does not read.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Send = Callable[[dict[str, Any]], Awaitable[None]]
    Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]

NEVER_WAIT: Final = frozenset({"/healthz", "/readyz"})
# Seconds in which a client takes an answer of one piece, where a server waits for that (daphne does not).
TAKEN_WITHIN_S: Final = 1.0


class RequestsAtOnce:
    """An ASGI application around another one."""

    def __init__(self, application: Application, most: int) -> None:
        self._application = application
        self._places = asyncio.Semaphore(most)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        """Serve one request in its turn."""
        if scope["type"] != "http" or scope["path"] in NEVER_WAIT:
            await self._application(scope, receive, send)
            return
        place = _Place(self._places)
        begun: list[dict[str, Any]] = [await receive()]
        if _is_whole(begun[0]):
            await place.take()

        async def receive_and_take() -> dict[str, Any]:
            if begun:
                return begun.pop()
            message: dict[str, Any] = await receive()
            if _is_whole(message):
                await place.take()
            return message

        async def send_and_give_back(message: dict[str, Any]) -> None:
            if message.get("more_body"):
                place.give_back()
            timer = asyncio.get_running_loop().call_later(TAKEN_WITHIN_S, place.give_back)
            try:
                await send(message)
            finally:
                timer.cancel()

        try:
            await self._application(scope, receive_and_take, send_and_give_back)
        finally:
            place.give_back()


class _Place:
    """One request's: taken once, given back once."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places = places
        self._asked = self._held = False

    async def take(self) -> None:
        if not self._asked:
            self._asked = True
            await self._places.acquire()
            self._held = True

    def give_back(self) -> None:
        if self._held:
            self._held = False
            self._places.release()


def _is_whole(message: dict[str, Any]) -> bool:
    """Whether nothing more comes of a request's body: its last piece is there."""
    return message["type"] == "http.request" and not message.get("more_body")
