"""So many requests at a time in web, the others in line: each has a thread and a connection to the database of its own.

PostgreSQL refuses connections beyond its limit (100, as a rule), and a thousand threads that want one processor get
less done than some dozens. Who only asks whether the process is well never waits. A request counts until it is
over and its connection with it, but one whose answer is sent in pieces only until the first: a file may take its time.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Send = Callable[[dict[str, Any]], Awaitable[None]]
    Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]

NEVER_WAIT: Final = frozenset({"/healthz", "/readyz"})


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
        await self._places.acquire()
        holds = True

        def give_back() -> None:
            nonlocal holds
            if holds:
                holds = False
                self._places.release()

        async def send_and_give_back(message: dict[str, Any]) -> None:
            await send(message)
            if message.get("more_body"):
                give_back()

        try:
            await self._application(scope, receive, send_and_give_back)
        finally:
            give_back()
