"""Rooms' memories in the database: written by one thread, read by another, so that media never wait for them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from django.db import DataError, Error, IntegrityError, close_old_connections, connection
from django.utils import timezone

from meet.accounts.encrypted import UnreadableSecretError
from rooms.models import Memory
from rooms.state.memory import UNREADABLE, decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
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
# For what is to be written at the end. A supervisor kills a process after 10 s.
FLUSH_S: Final = 3.0
MARKED_AT_ONCE: Final = 500


class DatabaseMemories:
    """`rooms.state.memory.Memories`, between `start` and `close`. `live` tells in which rooms somebody is."""

    def __init__(self, live: Callable[[], Collection[RoomKey]]) -> None:
        self._live = live
        self._pending: dict[RoomKey, RoomMemory | None] = {}
        self._wake = asyncio.Event()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="memories")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="memories read")
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Write from now on."""
        self._tasks = [
            asyncio.create_task(self._write_for_ever(), name="memories"),
            asyncio.create_task(self._mark_for_ever(), name="marks of memories"),
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
                    await self._write()
        except TimeoutError:
            logger.exception("The database is away: the rules of %d rooms are lost", len(self._pending))
        for executor in (self._writer, self._reader):
            executor.submit(connection.close)
            executor.shutdown(wait=False)

    async def load(self, key: RoomKey) -> RoomMemory | None:
        """What a room has to remember; while the database is away, its people wait."""
        for _ in range(LOAD_TRIES):
            if key in self._pending:
                return self._pending[key]
            try:
                found: RoomMemory | None = await _in_thread(self._reader, _load, key, timezone.now())
            except Error as error:
                logger.warning("What the room %s has to remember can't be read: %s", key.room_id, error)
                await asyncio.sleep(RETRY_S)
            else:
                return found
        return UNREADABLE

    def save(self, key: RoomKey, memory: RoomMemory | None) -> None:
        """Keep this, or nothing; of several in a row the last."""
        self._pending[key] = memory
        self._wake.set()

    async def _write_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._pending:
                await self._write()

    async def _write(self) -> None:
        """Write one. It stays for the next time if the database is away."""
        key, memory = next(iter(self._pending.items()))
        try:
            await _in_thread(self._writer, _save, key, memory, timezone.now())
        except (IntegrityError, DataError) as error:  # its account is gone
            logger.warning("What the room %s has to remember can't be kept: %s", key.room_id, error)
        except Error as error:
            logger.warning("What rooms have to remember can't be written at the moment: %s", error)
            await asyncio.sleep(RETRY_S)
            return
        if self._pending.get(key) is memory:
            del self._pending[key]

    async def _mark_for_ever(self) -> None:
        while True:
            await asyncio.sleep(MARK_S)
            try:
                await _in_thread(self._writer, _mark, list(self._live()), timezone.now())
            except Error as error:
                logger.warning("Rooms with somebody in could not be marked: %s", error)


async def _in_thread(executor: ThreadPoolExecutor, function: Callable[..., Any], *args: Any) -> Any:
    def run() -> Any:
        close_old_connections()
        return function(*args)

    return await asyncio.get_running_loop().run_in_executor(executor, run)


def _load(key: RoomKey, now: datetime) -> RoomMemory | None:
    kept = Memory.objects.filter(account_id=key.account_id, room_id=key.room_id, alive_at__gt=now - KEPT_FOR)
    try:
        memory = kept.first()
    except UnreadableSecretError:
        return UNREADABLE
    return None if memory is None else decode(memory.content)


def _save(key: RoomKey, memory: RoomMemory | None, now: datetime) -> None:
    of_room: dict[str, Any] = {"account_id": key.account_id, "room_id": key.room_id}
    if memory is None:
        Memory.objects.filter(**of_room).delete()
    else:
        Memory.objects.update_or_create(**of_room, defaults={"content": encode(memory), "alive_at": now})


def _mark(live: Collection[RoomKey], now: datetime) -> None:
    """Rooms in which somebody is go on being remembered; those whose people did not come back do not."""
    for account_id, group in groupby(sorted(live), key=lambda key: key.account_id):
        room_ids = [key.room_id for key in group]
        for start in range(0, len(room_ids), MARKED_AT_ONCE):
            some = room_ids[start : start + MARKED_AT_ONCE]
            Memory.objects.filter(account_id=account_id, room_id__in=some).update(alive_at=now)
    Memory.objects.filter(alive_at__lt=now - KEPT_FOR).delete()
