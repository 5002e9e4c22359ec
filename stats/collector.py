"""A node's statistics: hears who comes and goes, and has it written, so that media never wait for it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from meet.accounts.audit import RoomAct, note_room_acts
from meet.database_writer import MAX_PENDING, DatabaseThread, DatabaseWriter
from stats.changes import Joined, Left
from stats.moderation import act_of
from stats.sampling import write_samples
from stats.writing import close_interrupted, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rooms.protocol import Request
    from rooms.room_key import RoomKey
    from rooms.runtime.observer import Visit
    from rooms.runtime.samples import Sample
    from stats.changes import Change

logger = logging.getLogger(__name__)

# A crash costs 30 seconds at most; the difference is for a database that takes its time.
MARK_S: Final = 25.0
# Changes that follow one another are written together.
GATHER_S: Final = 0.2
MAX_BATCH: Final = 200
# For the last changes at the end, which are the most.
FLUSH_S: Final = 3.0
# Samples can wait longer, and are given up sooner: half an hour of 330 participants.
GATHER_SAMPLES_S: Final = 2.0
MAX_SAMPLES: Final = 40_000
MAX_ACTS: Final = 10_000


class _Mark:
    """Those who are in now still were a moment ago."""


MARK: Final = _Mark()


class Collector:
    """A `rooms.runtime.observer.RoomObserver`, and a `rooms.runtime.sampling.SampleSink`.

    What happens between `start` and `close` is written, in its order. While the database is away, changes are kept.
    When there are too many, newcomers are left out of the statistics.
    """

    def __init__(self, node: str, database: DatabaseThread) -> None:
        self._node = node
        self._keys: dict[Visit, uuid.UUID] = {}
        self._live: set[RoomKey] = set()
        self._database = database
        self._writer: DatabaseWriter[Change | _Mark] = DatabaseWriter(
            "changes of the statistics",
            database,
            self._write,
            self._refuse,
            max_batch=MAX_BATCH,
            max_pending=MAX_PENDING,
            gather_s=GATHER_S,
            flush_s=FLUSH_S,
        )
        self._samples: DatabaseWriter[Sample] = DatabaseWriter(
            "samples",
            database,
            write_samples,
            self._refuse_sample,
            max_batch=MAX_BATCH,
            max_pending=MAX_SAMPLES,
            gather_s=GATHER_SAMPLES_S,
            flush_s=FLUSH_S,
        )
        self._acts: DatabaseWriter[RoomAct] = DatabaseWriter(
            "what moderators have done",
            database,
            note_room_acts,
            self._refuse_act,
            max_batch=MAX_BATCH,
            max_pending=MAX_ACTS,
            gather_s=GATHER_SAMPLES_S,
            flush_s=FLUSH_S,
        )
        self._marking: asyncio.Task[None] | None = None

    def sampled(self, sample: Sample) -> None:
        """A sample is to be kept."""
        self._samples.add(sample)

    def peer_joined(self, visit: Visit) -> None:
        """A session begins."""
        opens = visit.room not in self._live
        self._live.add(visit.room)
        key = uuid.uuid4()
        if self._writer.add(Joined(key, visit, opens)):
            self._keys[visit] = key

    def peer_left(self, visit: Visit, display_name: str, at_ms: int, others: int) -> None:
        """It ends."""
        if others == 0:
            self._live.discard(visit.room)
        key = self._keys.pop(visit, None)
        if key is not None:
            self._writer.add(Left(key, visit, display_name, at_ms, closes=others == 0), always=True)

    def moderated(self, visit: Visit, request: Request, at_ms: int) -> None:
        """It goes into the account's audit trail."""
        self._acts.add(act_of(visit, request, at_ms))

    async def start(self) -> None:
        """End what an earlier process of this node left unfinished. Raises `django.db.Error`."""
        interrupted = await self._database.run(close_interrupted, self._node)
        if interrupted:
            logger.warning("%d sessions had not ended when this node did; they end at their last mark", interrupted)
        self._writer.start()
        self._samples.start()
        self._acts.start()
        self._marking = asyncio.create_task(self._mark_for_ever(), name="marks of statistics")

    async def close(self) -> None:
        """Write what there is, as far as that is possible in a few seconds. Idempotent."""
        if self._marking is not None:
            self._marking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._marking
            self._marking = None
        await asyncio.gather(self._writer.close(), self._samples.close(), self._acts.close())

    async def _mark_for_ever(self) -> None:
        while True:
            await asyncio.sleep(MARK_S)
            if self._keys:
                self._writer.add(MARK, "mark", always=True)

    def _write(self, batch: Sequence[Change | _Mark]) -> None:
        changes = [entry for entry in batch if not isinstance(entry, _Mark)]
        write(self._node, changes, timezone.now() if len(changes) < len(batch) else None)

    def _refuse_sample(self, sample: Sample, error: Exception) -> None:
        logger.error("A sample can't be written and is lost (room %s)", sample.room.room_id, exc_info=error)

    def _refuse_act(self, act: RoomAct, error: Exception) -> None:
        logger.error("What a moderator did can't be written and is lost (room %s)", act.room_id, exc_info=error)

    def _refuse(self, entry: Change | _Mark, error: Exception) -> None:
        if isinstance(entry, _Mark):
            logger.error("Sessions can't be marked", exc_info=error)
        else:
            room_id = entry.visit.room.room_id
            logger.error("A change of the statistics can't be written and is lost (room %s)", room_id, exc_info=error)
