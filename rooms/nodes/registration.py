"""A node's own row in the database: the lease of its name, its load, its rooms in use, and what is wanted of it.

All of it happens in a thread, so that a slow database never holds up media.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from django.db import Error, IntegrityError

from meet.database_time import database_now
from meet.database_writer import FLUSH_S
from meet.errors import AppError
from rooms.models import Drain, Node
from rooms.nodes.lease import BEAT, LEASE, LONG_AGO, Claim, Tenancy, claimed
from rooms.nodes.load import Load, Meter
from rooms.nodes.neighbours import neighbours_of
from rooms.nodes.placement import let_go, placed_elsewhere, touch
from rooms.uptime import uptime_s

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from meet.database_writer import DatabaseThread
    from rooms.nodes.neighbours import Neighbour, Neighbourhood
    from rooms.room_key import RoomKey

logger = logging.getLogger(__name__)

# A room in which somebody is stays where it is. That is noted when it is new, and for all rooms every so many beats.
ALL_ROOMS_EVERY: Final = 300
# Whoever has the name shows it within some beats: then it is not waited for any longer.
LOOK_AGAIN_S: Final = 0.5
# A database that has not answered for so long counts as one that can't be asked at the moment.
UNANSWERED_S: Final = 1.0
LOGGED_EVERY_S: Final = 30.0
INSTANCE_BYTES: Final = 16


class NameTaken(AppError):
    """Another process has the name of this node."""


class Tenant(Protocol):
    """What a registration asks its node, and tells it. Times are those of `uptime_s`."""

    def load(self) -> tuple[int, int]:
        """How many rooms and participants there are."""

    def used_rooms(self) -> set[RoomKey]:
        """In which rooms somebody is, or was since this was asked last."""

    def kept_rooms(self) -> set[RoomKey]:
        """Which rooms live here at the moment."""

    def name_kept(self, epoch: int, asked_at: float) -> None:
        """The name is ours."""

    def name_unknown(self, at: float) -> None:
        """The database does not answer."""

    def name_lost(self, why: str) -> None:
        """Another process has the name: all rooms end here."""

    def told_to(self, drain: str) -> None:
        """What an operator wants (`rooms.models.Drain`)."""

    async def move(self, rooms: Collection[RoomKey], let_go: Callable[[], Any], *, closing: bool = False) -> None:
        """End these rooms here, so that their people find them elsewhere; `let_go` makes that they do."""

    def end_moved(self, rooms: Collection[RoomKey]) -> None:
        """These live elsewhere by now."""


class Beat(NamedTuple):
    """What the database said. `moved` are rooms that live elsewhere; `taken_by` is who has the name, else empty."""

    epoch: int
    drain: str
    moved: set[RoomKey]
    taken_by: str = ""
    neighbours: Sequence[Neighbour] = ()


@dataclass(frozen=True)
class _Report:
    """What a node writes."""

    rooms: int
    peers: int
    receivers: int
    load: Load
    used: set[RoomKey]
    kept: set[RoomKey]


class Registration:
    """From `start` the name is this process's, from `run` it counts as live, until `close`."""

    def __init__(
        self,
        name: str,
        place: str,
        tenant: Tenant,
        *,
        database: DatabaseThread,
        meter: Meter | None = None,
        neighbourhood: Neighbourhood | None = None,
        **fields: Any,
    ) -> None:
        """`fields` are what the row says of a node beside its load; `place` is where it runs (`rooms.nodes.place`).

        `meter` is asked for the load in the event loop, once a beat; then `neighbourhood` hears of the other nodes.
        """
        self._name = name
        self._tenant = tenant
        self._claim = Claim(secrets.token_hex(INSTANCE_BYTES), place)
        self._fields = fields
        self._database = database
        self._noted: set[RoomKey] = set()
        self._beats = 0
        self._epoch = 0
        self._started_at: datetime | None = None
        self._meter = meter or Meter()
        self._neighbourhood = neighbourhood
        self._task: asyncio.Task[None] | None = None
        self._asking: asyncio.Future[Beat] | None = None
        self._failing = False

    async def start(self, answers: Callable[[Node], bool] = lambda _node: False) -> None:
        """Take the name. Raises `NameTaken`, `DatabaseError`.

        A process that has ended without giving it up is waited for until its lease is over, and asked by `answers`
        whether it is there all the same: it may have no database.
        """
        first: Node | None = None
        while True:
            try:
                found = await self._database.write(self._take, answers)
            except IntegrityError:  # another process has made the row at the same moment
                continue
            if found is None:
                return
            if first is None:
                first = found
                logger.warning("%s Waiting whether that one is still there.", _who(found))
            elif (found.instance, found.heartbeat_at) != (first.instance, first.heartbeat_at):
                raise _taken(found)
            await asyncio.sleep(LOOK_AGAIN_S)

    async def run(self) -> None:
        """Report from now on. Raises `DatabaseError`, `NameTaken`."""
        asked_at = uptime_s()
        beat = await self._database.write(self._save, self._report())
        if beat.taken_by:
            raise NameTaken("nodeNameTaken", beat.taken_by)
        await self._obey(beat, asked_at)
        self._task = asyncio.create_task(self._beat_for_ever(), name="registration")

    async def close(self) -> None:
        """End all rooms, so that people go elsewhere at once, and give the name up. Idempotent."""
        if self._task is None:
            return
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._task = None
        self._tenant.told_to(Drain.MOVE)
        await self._tenant.move(self._tenant.kept_rooms(), self._give_up, closing=True)

    async def _give_up(self) -> None:
        with contextlib.suppress(Error, TimeoutError):
            async with asyncio.timeout(FLUSH_S):
                await self._database.write(self._release)

    # --- once a beat ---

    async def _beat_for_ever(self) -> None:
        while True:
            await asyncio.sleep(BEAT.total_seconds())
            try:
                await self._beat()
            except Exception:
                logger.exception("The node could not look after its rooms")

    async def _beat(self) -> None:
        asked_at = uptime_s()
        if self._asking is None:
            self._asking = asyncio.ensure_future(self._database.write(self._save, self._report()))
        since = await self._wait_for(self._asking)
        if not self._asking.done():  # it may take minutes until a connection is given up
            self._fail("it takes too long", since)
            return
        asking, self._asking = self._asking, None
        try:
            beat = asking.result()
        except Error as error:
            self._fail(str(error), asked_at)
            return
        if self._failing:
            self._failing = False
            logger.warning("The database answers the node again")
        if beat.taken_by:
            self._tenant.name_lost(beat.taken_by)
        else:
            await self._obey(beat, asked_at)

    async def _wait_for(self, asking: asyncio.Future[Beat]) -> float:
        """Wait for an answer as long as a lease lasts; when the last look at it began.

        A database that is slow is one that can't be asked: people come in meanwhile. Times are those before each pause,
        for a process that is stopped in one has not been there since.
        """
        begun = since = uptime_s()
        while not asking.done() and uptime_s() - begun < LEASE.total_seconds():
            since = uptime_s()
            await asyncio.wait({asking}, timeout=UNANSWERED_S)
            if not asking.done():
                self._tenant.name_unknown(since)
        return since

    async def _obey(self, beat: Beat, asked_at: float) -> None:
        self._tenant.name_kept(beat.epoch, asked_at)
        self._tenant.told_to(beat.drain)
        if self._neighbourhood is not None:
            self._neighbourhood.neighbours = list(beat.neighbours)
            if beat.drain == Drain.MOVE:
                self._neighbourhood.send_back()
        if beat.moved:
            self._tenant.end_moved(beat.moved)
        rooms = self._tenant.kept_rooms()
        if beat.drain == Drain.MOVE and rooms:
            await self._tenant.move(rooms, self._let_all_go)

    async def _let_all_go(self) -> None:
        with contextlib.suppress(Error, TimeoutError):
            async with asyncio.timeout(FLUSH_S):
                await self._database.write(let_go, self._name, set())

    def _fail(self, why: str, at: float) -> None:
        self._tenant.name_unknown(at)
        if not self._failing:
            self._failing = True
            logger.warning("The node could not report to the database, and its rooms go on: %s", why)

    def _report(self) -> _Report:
        rooms, peers = self._tenant.load()
        used = self._tenant.used_rooms()
        new = used if self._beats % ALL_ROOMS_EVERY == 0 else used - self._noted
        self._beats += 1
        self._noted = used
        load = self._meter.look(time.monotonic(), time.thread_time())
        receivers = peers if self._neighbourhood is None else self._neighbourhood.receivers
        return _Report(rooms, peers, receivers, load, new, self._tenant.kept_rooms())

    # --- in the database's thread ---

    def _take(self, answers: Callable[[Node], bool]) -> Node | None:
        """The row of who has the name; None where it is ours now, though we are not reached yet."""
        now = database_now()
        found = Node.objects.select_for_update().filter(name=self._name).first()
        lease = claimed(_tenancy(found), self._claim, now)
        if lease is None or (found is not None and self._is_there(found, answers)):
            return found
        # Nobody is sent here before `run`. A process that starts at the same moment finds our lease.
        self._started_at = now
        self._write_row(found, lease, {**self._fields, "started_at": now, "rooms": 0, "peers": 0})
        return None

    def _is_there(self, found: Node, answers: Callable[[Node], bool]) -> bool:
        """Whether the process whose lease is over answers none the less."""
        another = found.instance not in {"", self._claim.instance} and found.place != self._claim.place
        return another and found.heartbeat_at != LONG_AGO and answers(found)

    def _save(self, report: _Report) -> Beat:
        now = database_now()
        found = Node.objects.select_for_update().filter(name=self._name).first()
        lease = claimed(_tenancy(found), self._claim, now)
        if lease is None:
            return Beat(0, "", set(), _who(found))
        values: dict[str, Any] = {
            "rooms": report.rooms,
            "peers": report.peers,
            "receivers": report.receivers,
            **report.load.columns,
        }
        anew = found is None or lease.epoch != self._epoch
        if anew:  # somebody else may have written theirs
            values |= {**self._fields, "started_at": self._started_at or now}
        self._write_row(found, lease, values)
        self._epoch = lease.epoch
        moved = placed_elsewhere(report.kept, self._name) if anew else set()
        touch(report.used - moved, now)
        drain = "" if found is None else found.drain
        if drain:
            let_go(self._name, report.kept)
        neighbours = []
        if self._neighbourhood is not None:
            neighbours = neighbours_of(self._name, now, loopback=self._neighbourhood.loopback)
        return Beat(lease.epoch, drain, moved, neighbours=neighbours)

    def _write_row(self, found: Node | None, lease: Tenancy, values: dict[str, Any]) -> None:
        """Write the lease with `values`. Raises `IntegrityError` where another process was quicker."""
        values |= {
            "instance": lease.instance,
            "place": lease.place,
            "epoch": lease.epoch,
            "heartbeat_at": lease.beat_at,
            "missed_at": None,
        }
        if found is None:
            Node.objects.create(name=self._name, **values)
        elif not Node.objects.filter(pk=found.pk).update(**values):
            raise IntegrityError("The node's row is gone.")

    def _release(self) -> None:
        Node.objects.filter(name=self._name, instance=self._claim.instance).update(heartbeat_at=LONG_AGO)


def _tenancy(row: Node | None) -> Tenancy | None:
    return None if row is None else Tenancy(row.instance, row.place, row.epoch, row.heartbeat_at)


def _who(row: Node | None) -> str:
    """A sentence about who has a name."""
    if row is None:
        return "Another process has this node's name."
    since = row.started_at.strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"{row.name} is run by {row.machine or 'another process'} since {since} (control API: {row.control_url})."


def _taken(row: Node) -> NameTaken:
    return NameTaken(
        "nodeNameTaken",
        _who(row),
        hint="Give this node a name of its own, such as MEET_NODE_NAME=serv7, or end that one first.",
    )
