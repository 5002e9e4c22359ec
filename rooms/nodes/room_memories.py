"""Rooms' memories in the database, written and read so that media never wait for them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db import Error
from django.utils import timezone
from msgspec.structs import replace

from meet.accounts.encrypted import UnreadableSecretError
from meet.database_writer import FLUSH_S, DatabaseThread, DatabaseWriter
from rooms.models import Memory, Node
from rooms.state.memory import UNREADABLE, decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from rooms.room_key import RoomKey
    from rooms.state.memory import RoomMemory

logger = logging.getLogger(__name__)

# After its node was lost a room is remembered for so long: as long as a ticket counts, with which people come back.
KEPT_FOR: Final = timedelta(minutes=10)
MARK_S: Final = 25.0
RETRY_S: Final = 1.0
# A room that can't be looked up opens for moderators only, after so many tries.
LOAD_TRIES: Final = 10
MARKED_AT_ONCE: Final = 500


class Holder(NamedTuple):
    """The node, and the epoch of its lease, that a room lives on: as long as the node is heard of, so is the room."""

    name: str
    epoch: int


NOBODY: Final = Holder("", 0)


class Kept(NamedTuple):
    """What a room has to remember, or nothing, and whose the room is."""

    key: RoomKey
    memory: RoomMemory | None
    holder: Holder = NOBODY


class DatabaseMemories:
    """`rooms.state.memory.Memories`, between `start` and `close`.

    `live` tells in which rooms somebody is, `holder` whose they are.
    """

    def __init__(
        self,
        live: Callable[[], Collection[RoomKey]],
        database: DatabaseThread,
        holder: Callable[[], Holder] = lambda: NOBODY,
    ) -> None:
        self._live = live
        self._holder = holder
        self._database = database
        self._writer: DatabaseWriter[Kept] = DatabaseWriter("rules of rooms", database, _save, _refuse)
        # People wait for what is read, at the door: not behind what is written.
        self._reader = DatabaseThread("memories read")
        self._marking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Write from now on."""
        self._writer.start()
        self._marking = asyncio.create_task(self._mark_for_ever(), name="marks of memories")

    async def close(self) -> None:
        """Write what there is, as far as that is possible in a few seconds. Idempotent."""
        if self._marking is not None:
            self._marking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._marking
            self._marking = None
        await self._writer.close()
        self._reader.close()

    async def load(self, key: RoomKey) -> RoomMemory | None:
        """What a room has to remember; while the database is away, its people wait."""
        for _ in range(LOAD_TRIES):
            waiting = self._writer.waiting(key)
            if waiting is not None:
                return waiting.memory
            try:
                found = await self._reader.run(_load, key, timezone.now())
            except Error as error:
                logger.warning("What the room %s has to remember can't be read: %s", key.room_id, error)
                await asyncio.sleep(RETRY_S)
            else:
                return found
        return UNREADABLE

    def save(self, key: RoomKey, memory: RoomMemory | None) -> None:
        """Keep this, or nothing; of several in a row the last."""
        self._writer.add(Kept(key, memory, self._holder()), key, always=True)  # as many as rooms at most

    async def flush(self) -> None:
        """Return when all of it is written, or in some seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_S):
                await self._writer.written()

    async def _mark_for_ever(self) -> None:
        while True:
            await asyncio.sleep(MARK_S)
            try:
                await self._database.write(_mark, list(self._live()), timezone.now(), self._holder())
            except Error as error:
                logger.warning("Rooms with somebody in could not be marked: %s", error)


def _load(key: RoomKey, now: datetime) -> RoomMemory | None:
    kept = Memory.objects.filter(account_id=key.account_id, room_id=key.room_id, alive_at__gt=now - KEPT_FOR)
    try:
        memory = kept.first()
    except UnreadableSecretError:
        return UNREADABLE
    if memory is None:
        return None
    found = decode(memory.content)
    if found.recording is None or found.recording.until_ms:
        return found
    last_ms = int(memory.alive_at.timestamp() * 1000)
    until_ms = max(last_ms, _heard_of_ms(Holder(memory.node, memory.epoch)))
    return replace(found, recording=replace(found.recording, last_ms=last_ms, until_ms=until_ms))


def _heard_of_ms(holder: Holder) -> int:
    """When a node was heard of last in this tenure, in Unix ms; 0 where another one has its name by now."""
    beat_at = Node.objects.filter(name=holder.name, epoch=holder.epoch).values_list("heartbeat_at", flat=True).first()
    return 0 if beat_at is None else int(beat_at.timestamp() * 1000)


def _save(entries: Sequence[Kept]) -> None:
    now = timezone.now()
    for key, memory, holder in entries:
        of_room: dict[str, Any] = {"account_id": key.account_id, "room_id": key.room_id}
        if memory is None:
            Memory.objects.filter(**of_room).delete()
        else:
            kept = {"content": encode(memory), "alive_at": now, "node": holder.name, "epoch": holder.epoch}
            Memory.objects.update_or_create(**of_room, defaults=kept)


def _refuse(entry: Kept, error: Exception) -> None:
    """Its account is gone."""
    logger.warning("What the room %s has to remember can't be kept: %s", entry.key.room_id, error)


def _mark(live: Collection[RoomKey], now: datetime, holder: Holder = NOBODY) -> None:
    """Rooms in which somebody is go on being remembered; those whose people did not come back do not."""
    for account_id, group in groupby(sorted(live), key=lambda key: key.account_id):
        room_ids = [key.room_id for key in group]
        for start in range(0, len(room_ids), MARKED_AT_ONCE):
            some = room_ids[start : start + MARKED_AT_ONCE]
            Memory.objects.filter(account_id=account_id, room_id__in=some).update(
                alive_at=now, node=holder.name, epoch=holder.epoch
            )
    Memory.objects.filter(alive_at__lt=now - KEPT_FOR).delete()
