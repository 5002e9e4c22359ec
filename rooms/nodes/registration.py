"""A node's own row in the database, written at the start, every few seconds, and at the end, and its rooms in use.

All of it happens in the database's thread, so that a slow database never holds up media.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from django.db import DatabaseError
from django.utils import timezone

from meet.database_writer import FLUSH_S
from rooms.models import Node
from rooms.nodes.placement import touch

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from meet.database_writer import DatabaseThread
    from rooms.room_key import RoomKey

logger = logging.getLogger(__name__)

HEARTBEAT_S: Final = 5.0
# A room in which somebody is stays where it is. That is noted when it is new, and for all rooms every so many
# heartbeats.
ALL_ROOMS_EVERY: Final = 60
LONG_AGO: Final = datetime.fromtimestamp(0, UTC)


class Registration:
    """`load` tells how many rooms and peers there are, `used` in which rooms somebody is, or was since it asked last.

    Between `start` and `close` the node counts as live.
    """

    def __init__(
        self,
        name: str,
        load: Callable[[], tuple[int, int]],
        used: Callable[[], Collection[RoomKey]] = lambda: (),
        *,
        database: DatabaseThread,
        **fields: Any,
    ) -> None:
        self._name = name
        self._load = load
        self._used = used
        self._noted: set[RoomKey] = set()
        self._beats = 0
        self._fields = fields
        self._database = database
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Write the row; raises `DatabaseError` when that is impossible."""
        now = timezone.now()
        await self._write({**self._fields, "started_at": now})
        self._task = asyncio.create_task(self._beat(), name="registration")

    async def close(self) -> None:
        """Count as dead from now on, so that rooms go elsewhere at once. Idempotent."""
        if self._task is None:
            return
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._task = None
        with contextlib.suppress(DatabaseError, TimeoutError):
            async with asyncio.timeout(FLUSH_S):
                await self._write({"heartbeat_at": LONG_AGO})

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            try:
                await self._write({})
            except DatabaseError as error:
                logger.warning("The node could not report to the database: %s", error)

    async def _write(self, fields: dict[str, Any]) -> None:
        rooms, peers = self._load()
        values = {"heartbeat_at": timezone.now(), "rooms": rooms, "peers": peers, **fields}
        used = set(self._used())
        new = used if self._beats % ALL_ROOMS_EVERY == 0 else used - self._noted
        await self._database.write(self._save, values, new)
        self._beats += 1
        self._noted = used

    def _save(self, values: dict[str, Any], used: Iterable[RoomKey]) -> None:
        touch(used, timezone.now())
        if not Node.objects.filter(name=self._name).update(**values):
            Node.objects.create(name=self._name, **{**self._fields, "started_at": timezone.now(), **values})
