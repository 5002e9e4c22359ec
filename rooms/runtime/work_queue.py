"""A room's queue: each piece of work has its turn, and now and then the rest of the node has one.

The queue is bounded for what comes from outside. A failure ends nothing else, and is logged with whose it was.
"""

from __future__ import annotations

import asyncio
import logging
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Final

from rooms.protocol.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

MAX_QUEUED_REQUESTS: Final = 5000
# So many pieces of work, and for so long, without letting the rest of the node run: everybody's media waits meanwhile.
WORK_AT_ONCE: Final = 8
WORK_S: Final = 0.002


class WorkQueue:
    """Of one room. `later`, `follow_up` and `request` put work into the queue, `run` does one after the other."""

    def __init__(self, room_id: str) -> None:
        self._room_id = room_id
        self._queue: asyncio.Queue[Callable[[], None]] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()

    def __len__(self) -> int:
        return self._queue.qsize()

    def later(self, work: Callable[[], None]) -> None:
        """Do something of the room's own when it is its turn."""
        self._queue.put_nowait(work)

    def follow_up(self, work: Callable[[], None]) -> None:
        """Do something as part of what the caller is about now (for logs and traces), however much waits."""
        self._queue.put_nowait(partial(copy_context().run, attempt, work, self._room_id))

    def request(self, work: Callable[[], None]) -> None:
        """Do what somebody outside wants, as part of what the caller is about. Raises `Refused` if too much waits."""
        if self._queue.qsize() >= MAX_QUEUED_REQUESTS:
            raise Refused("tooManyRequests", "The room is too busy at the moment. Please try again.")
        self.follow_up(work)

    async def run(self, is_over: Callable[[], bool]) -> None:
        """Do what comes, until `is_over` says so after some work when nothing waits."""
        done, began_s = 0, 0.0
        while True:
            if self._queue.empty():
                done = 0
            work = await self._queue.get()
            if not done:
                began_s = self._loop.time()
            attempt(work, self._room_id)
            done += 1
            if done == WORK_AT_ONCE or self._loop.time() - began_s > WORK_S:
                await asyncio.sleep(0)
                done = 0
            if self._queue.empty() and is_over():
                return


def attempt(work: Callable[[], None], room_id: str) -> None:
    """Do it; what it raises is a line in the log."""
    try:
        work()
    except Exception:
        logger.exception("Room %s: a command failed", room_id)
