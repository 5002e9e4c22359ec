"""A node's account of its captures in the database, written by one thread, so that media never wait for it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

from django.db import DataError, Error, IntegrityError, close_old_connections, connection

from recording.jobs.recordings import begin, end, end_interrupted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from recording.capture.capture import Reason, Unfinished
    from rooms.room_key import RoomKey

T = TypeVar("T")

logger = logging.getLogger(__name__)

RETRY_S: Final = 1.0
# For the last entries at the end. A supervisor kills a process after 10 s.
FLUSH_S: Final = 3.0


class DatabaseJournal:
    """A `recording.capture.recorder.Journal`. Entries are written in their order; those that can't be yet are kept.

    What is lost when the node is killed is made up for at its next start, from the captures' own files.
    """

    def __init__(self, node: str, captures: Path, wake: Callable[[], object]) -> None:
        """`wake` is called in the writing thread when there is something to compose."""
        self._node = node
        self._captures = captures
        self._wake_composer = wake
        self._pending: deque[Callable[[], None]] = deque()
        self._something = asyncio.Event()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="recordings")
        self._task: asyncio.Task[None] | None = None

    def began(self, key: RoomKey, folder: Path, at_ms: int) -> None:
        """A capture writes into this folder from now on."""
        self._add(lambda: begin(key, self._node, folder.name, at_ms))

    def ended(self, folder: Path, at_ms: int, reason: Reason) -> None:
        """All of it is written."""
        self._add(lambda: self._end(folder.name, at_ms, reason))

    async def start(self, resumable_for_s: float = 0.0) -> list[Unfinished]:
        """End what an earlier process of this node left unfinished, but for what was written to a moment ago.

        That is returned: whoever goes on with it says when it ends. Raises `django.db.Error`.
        """
        since_ms = int((time.time() - resumable_for_s) * 1000)
        interrupted, resumable = await self._in_thread(lambda: end_interrupted(self._node, self._captures, since_ms))
        if interrupted:
            logger.warning("%d recordings had not ended when this node did; what there is of them is kept", interrupted)
        self._task = asyncio.create_task(self._write_for_ever(), name="recordings")
        return resumable

    async def close(self) -> None:
        """Write what there is, as far as that is possible in a few seconds. Idempotent."""
        if self._task is None:
            return
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._task = None
        try:
            async with asyncio.timeout(FLUSH_S):
                while self._pending:
                    await self._write_first()
        except TimeoutError:
            logger.warning("The database is away; what was recorded is found at the next start")
        self._writer.submit(connection.close)
        self._writer.shutdown(wait=False)

    def _add(self, entry: Callable[[], None]) -> None:
        self._pending.append(entry)
        self._something.set()

    async def _write_for_ever(self) -> None:
        while True:
            await self._something.wait()
            while self._pending:
                await self._write_first()
            self._something.clear()

    async def _write_first(self) -> None:
        entry = self._pending[0]
        try:
            await self._in_thread(entry)
        except (DataError, IntegrityError):
            logger.exception("A recording can't be noted; its files are kept")
        except Error as error:
            logger.warning("A recording can't be noted at the moment: %s", error)
            await asyncio.sleep(RETRY_S)
            return
        self._pending.popleft()

    def _end(self, folder: str, at_ms: int, reason: str) -> None:
        end(folder, at_ms, reason)
        self._wake_composer()

    async def _in_thread(self, function: Callable[[], T]) -> T:
        def work() -> T:
            close_old_connections()
            return function()

        return await asyncio.get_running_loop().run_in_executor(self._writer, work)
