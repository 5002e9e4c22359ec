"""A node's account of its captures in the database, written so that media never wait for it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.db import transaction

from meet.database_writer import DatabaseThread, DatabaseWriter
from recording.jobs.recordings import begin, end, end_interrupted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from recording.capture.capture import Reason
    from recording.capture.unfinished import Unfinished
    from rooms.room_key import RoomKey

logger = logging.getLogger(__name__)

Entry = Callable[[], None]


class DatabaseJournal:
    """A `recording.capture.recorder.Journal`. Entries are written in their order; those that can't be yet are kept.

    What is lost when the node is killed is made up for at its next start, from the captures' own files.
    """

    def __init__(self, node: str, captures: Path, wake: Callable[[], object], database: DatabaseThread) -> None:
        """`wake` is called in the writing thread when there is something to compose."""
        self._node = node
        self._captures = captures
        self._wake_composer = wake
        self._database = database
        self._writer: DatabaseWriter[Entry] = DatabaseWriter("notes of recordings", database, _write, _refuse)

    def began(self, key: RoomKey, folder: Path, at_ms: int, continues_ms: int | None = None) -> None:
        """A capture writes into this folder from now on."""
        self._writer.add(lambda: begin(key, self._node, folder.name, at_ms, continues_ms))

    def ended(self, folder: Path, at_ms: int, reason: Reason) -> None:
        """All of it is written."""
        self._writer.add(lambda: self._end(folder.name, at_ms, reason))

    async def start(self, resumable_for_s: float = 0.0) -> list[Unfinished]:
        """End what an earlier process of this node left unfinished, but for what was written to a moment ago.

        That is returned: whoever goes on with it says when it ends. Raises `django.db.Error`.
        """
        since_ms = int((time.time() - resumable_for_s) * 1000)
        interrupted, resumable = await self._database.run(end_interrupted, self._node, self._captures, since_ms)
        if interrupted:
            logger.warning("%d recordings had not ended when this node did; what there is of them is kept", interrupted)
        self._writer.start()
        return resumable

    async def close(self) -> None:
        """Write what there is, as far as that is possible in a few seconds. Idempotent."""
        if await self._writer.close():
            logger.warning("What was recorded is found at the next start")

    def _end(self, folder: str, at_ms: int, reason: str) -> None:
        end(folder, at_ms, reason)
        transaction.on_commit(self._wake_composer, robust=True)


def _write(entries: Sequence[Entry]) -> None:
    for entry in entries:
        entry()


def _refuse(_entry: Entry, error: Exception) -> None:
    logger.error("A recording can't be noted; its files are kept", exc_info=error)
