"""A node's statistics: hears who comes and goes, and has it written by one thread, so that media never wait for it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import uuid
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from django.db import DataError, Error, IntegrityError, close_old_connections, connection
from django.utils import timezone

from stats.changes import Joined, Left
from stats.writing import close_interrupted, write

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from rooms.room_key import RoomKey
    from rooms.runtime.observer import Visit
    from stats.changes import Change

logger = logging.getLogger(__name__)

# A crash costs 30 seconds at most; the difference is for a database that takes its time.
MARK_S: Final = 25.0
# Changes that follow one another are written together.
GATHER_S: Final = 0.2
MAX_BATCH: Final = 200
RETRY_S: Final = 1.0
# For the last changes at the end. A supervisor kills a process after 10 s.
FLUSH_S: Final = 5.0
# With a database that stays away, so many changes are kept: some 50 MB.
MAX_PENDING: Final = 100_000


class Collector:
    """A `rooms.runtime.observer.RoomObserver`. What happens between `start` and `close` is written, in its order.

    While the database is away, changes are kept. When there are too many, newcomers are left out of the statistics.
    """

    def __init__(self, node: str) -> None:
        self._node = node
        self._keys: dict[Visit, uuid.UUID] = {}
        self._live: set[RoomKey] = set()
        self._pending: deque[Change] = deque()
        self._left_out = 0
        self._mark_due = False
        self._away = False
        self._batch_size = MAX_BATCH
        self._wake = asyncio.Event()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="statistics")
        self._tasks: list[asyncio.Task[None]] = []

    def peer_joined(self, visit: Visit) -> None:
        """A session begins."""
        opens = visit.room not in self._live
        self._live.add(visit.room)
        if len(self._pending) >= MAX_PENDING:
            self._left_out += 1
            return
        key = self._keys[visit] = uuid.uuid4()
        self._add(Joined(key, visit, opens))

    def peer_left(self, visit: Visit, display_name: str, at_ms: int, others: int) -> None:
        """It ends."""
        if others == 0:
            self._live.discard(visit.room)
        key = self._keys.pop(visit, None)
        if key is not None:
            self._add(Left(key, visit, display_name, at_ms, closes=others == 0))

    async def start(self) -> None:
        """End what an earlier process of this node left unfinished. Raises `django.db.Error`."""
        interrupted = await self._in_thread(close_interrupted, self._node)
        if interrupted:
            logger.warning("%d sessions had not ended when this node did; they end at their last mark", interrupted)
        self._tasks = [
            asyncio.create_task(self._write_for_ever(), name="statistics"),
            asyncio.create_task(self._mark_for_ever(), name="marks of statistics"),
        ]

    async def close(self) -> None:
        """Write what there is, as far as that is possible in a few seconds. Idempotent."""
        if not self._tasks:
            return
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._tasks = []
        try:
            async with asyncio.timeout(FLUSH_S):
                while self._pending:
                    await self._write_batch()
        except TimeoutError:
            logger.exception("The database is away: %d changes of the statistics are lost", len(self._pending))
        self._writer.submit(connection.close)
        self._writer.shutdown(wait=False)

    def _add(self, change: Change) -> None:
        self._pending.append(change)
        self._wake.set()

    async def _mark_for_ever(self) -> None:
        while True:
            await asyncio.sleep(MARK_S)
            if self._keys:
                self._mark_due = True
                self._wake.set()

    async def _write_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER_S)
            while self._pending or self._mark_due:
                await self._write_batch()
            self._wake.clear()

    async def _write_batch(self) -> None:
        """Write the first changes. They stay for the next time if the database is away."""
        batch = tuple(itertools.islice(self._pending, self._batch_size))
        marked_at = timezone.now() if self._mark_due else None
        try:
            await self._in_thread(self._write, batch, marked_at)
        except Exception as error:
            if _is_away(error):
                self._report(error)
                await asyncio.sleep(RETRY_S)
                return
            if len(batch) > 1:
                self._batch_size = 1  # to find the one that can't be written
                return
            rooms = ", ".join(change.visit.room.room_id for change in batch)
            logger.exception("A change of the statistics can't be written and is lost (room %s)", rooms)
        else:
            self._report(None)
        self._batch_size = MAX_BATCH
        self._mark_due = False
        for _ in batch:
            self._pending.popleft()

    def _report(self, error: Exception | None) -> None:
        """Log when the database goes away and when it is back."""
        if error is not None and not self._away:
            logger.warning("Statistics can't be written at the moment: %s", error)
        elif error is None and self._away:
            logger.warning("Statistics are written again; %d sessions were left out", self._left_out)
            self._left_out = 0
        self._away = error is not None

    def _write(self, batch: Sequence[Change], marked_at: dt.datetime | None) -> None:
        close_old_connections()
        write(self._node, batch, marked_at)

    async def _in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._writer, function, *args)


def _is_away(error: Exception) -> bool:
    """Whether it is worth while to try the same once more, and not the change that is wrong."""
    return isinstance(error, Error) and not isinstance(error, (IntegrityError, DataError))
