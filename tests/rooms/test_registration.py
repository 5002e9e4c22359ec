"""A node's own row in the database."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
from django.db import DatabaseError, connections

from meet.accounts.hosts import default_account
from meet.database_time import database_now
from meet.database_writer import DatabaseThread
from meet.errors import Unavailable
from rooms.models import Drain, Node, Placement
from rooms.nodes import registration as module
from rooms.nodes.lease import BEAT, LEASE, LONG_AGO
from rooms.nodes.placement import place
from rooms.nodes.registration import NameTaken, Registration
from rooms.room_key import RoomKey

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection
    from datetime import timedelta

FIELDS: dict[str, Any] = {"public_url": "", "port": 8001, "tls": False, "media_addresses": "127.0.0.1:40000"}


class Rooms:
    """A node's rooms, and what it was told."""

    def __init__(self, *rooms: RoomKey) -> None:
        self.rooms = set(rooms)
        self.told: list[tuple[Any, ...]] = []
        self.epoch = 0
        self.drain = ""
        self.problem: Exception | None = None

    def load(self) -> tuple[int, int]:
        if self.problem is not None:
            raise self.problem
        return len(self.rooms), 5

    def used_rooms(self) -> set[RoomKey]:
        return set(self.rooms)

    def kept_rooms(self) -> set[RoomKey]:
        return set(self.rooms)

    def name_kept(self, epoch: int, asked_at: float) -> None:
        del asked_at
        self.epoch = epoch

    def name_unknown(self, at: float) -> None:
        del at
        self.told.append(("unknown",))

    def name_lost(self, why: str) -> None:
        self.told.append(("lost", why))
        self.rooms.clear()

    def told_to(self, drain: str) -> None:
        self.drain = drain

    async def move(
        self, rooms: Collection[RoomKey], let_go: Callable[[], Awaitable[object]], *, closing: bool = False
    ) -> None:
        del closing
        await let_go()
        self.told.append(("moved", set(rooms)))
        self.rooms -= set(rooms)

    def end_moved(self, rooms: Collection[RoomKey]) -> None:
        self.told.append(("elsewhere", set(rooms)))
        self.rooms -= set(rooms)


def made(rooms: Rooms, place: str = "here", **fields: Any) -> Registration:
    return Registration("serv0", place, rooms, database=DatabaseThread(), **{**FIELDS, "machine": place, **fields})


async def registered(rooms: Rooms, place: str = "here", **fields: Any) -> Registration:
    registration = made(rooms, place, **fields)
    await registration.start()
    await registration.run()
    return registration


async def stop(registration: Registration) -> None:
    """As if its process had been stopped, after a beat that may be under way."""
    assert registration._task is not None
    registration._task.cancel()
    registration._asking = None
    await registration._database.run(lambda: None)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - it is somebody else's row
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BEAT", BEAT / 50)
    monkeypatch.setattr(module, "LOOK_AGAIN_S", 0.05)


def row() -> Node:
    found: Node = in_thread(lambda: Node.objects.get(name="serv0"))
    return found


def in_thread(read: Callable[[], Any]) -> Any:
    """Leaves no connection behind."""
    try:
        return read()
    finally:
        connections.close_all()


def placed() -> str:
    return str(in_thread(lambda: place(default_account(), "room").name))


def age(by: timedelta) -> None:
    """As if nothing had been heard for so long."""
    in_thread(lambda: Node.objects.update(heartbeat_at=database_now() - by))


@pytest.mark.usefixtures("database")
class TestRegistration:
    def test_a_node_counts_as_live_between_start_and_close(self) -> None:
        async def live() -> None:
            rooms = Rooms(RoomKey(1, "room"))
            registration = await registered(rooms)
            assert (await asyncio.to_thread(placed)) == "serv0"
            node = await asyncio.to_thread(row)
            assert (node.rooms, node.peers, node.port, node.media_addresses) == (1, 5, 8001, "127.0.0.1:40000")
            assert rooms.epoch == node.epoch > 0
            await registration.close()
            await registration.close()
            assert rooms.told == [("moved", {RoomKey(1, "room")})], "people go elsewhere"
            assert (await asyncio.to_thread(row)).heartbeat_at == LONG_AGO

        asyncio.run(live())
        with pytest.raises(Unavailable):
            place(default_account(), "room")

    def test_a_node_that_comes_back_takes_its_old_row_under_a_new_epoch(self) -> None:
        async def live(port: int) -> int:
            rooms = Rooms()
            await (await registered(rooms, port=port)).close()
            return rooms.epoch

        first = asyncio.run(live(8001))
        before = Node.objects.get()
        assert asyncio.run(live(9001)) > first
        after = Node.objects.get()
        assert (after.pk, after.port) == (before.pk, 9001)
        assert after.started_at > before.started_at

    def test_beats_go_on_and_survive_a_database_that_is_away(self) -> None:
        async def live() -> None:
            rooms = Rooms(RoomKey(1, "room"))
            registration = await registered(rooms)

            def fail(*_: Any) -> None:
                raise DatabaseError("The database is away.")

            save, registration._save = registration._save, fail  # type: ignore[method-assign,assignment]
            await until(lambda: ("unknown",) in rooms.told)
            registration._save = save  # type: ignore[method-assign]
            rooms.rooms.add(RoomKey(1, "other"))
            await until(lambda: row().rooms == 2)
            assert rooms.rooms == {RoomKey(1, "room"), RoomKey(1, "other")}, "nothing has ended"
            await registration.close()

        asyncio.run(live())

    def test_a_database_that_never_answers_does_not_hold_up_the_node(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "LEASE", LEASE / 100)

        async def live() -> None:
            rooms = Rooms()
            registration = await registered(rooms)
            answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            monkeypatch.setattr(registration._database, "write", lambda *_: answer)
            await until(lambda: rooms.told.count(("unknown",)) >= 3)
            assert not answer.done()
            monkeypatch.undo()
            answer.set_result(module.Beat(9, "", set()))
            await until(lambda: rooms.epoch == 9)
            await registration.close()

        asyncio.run(live())

    def test_while_the_database_takes_its_time_people_come_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "UNANSWERED_S", 0.05)

        async def live() -> None:
            rooms = Rooms()
            registration = await registered(rooms)
            go_on = threading.Event()
            busy = asyncio.ensure_future(registration._database.run(go_on.wait))
            try:
                await until(lambda: rooms.told.count(("unknown",)) > 1)
                assert not registration._failing  # it is too early to say that there is no database
            finally:
                go_on.set()
                await busy
                await registration.close()

        asyncio.run(live())


@pytest.mark.usefixtures("database")
class TestTwoOfOneName:
    def test_the_second_does_not_start_and_says_who_has_the_name(self) -> None:
        async def live() -> None:
            registration = await registered(Rooms(), "process 1 on one")
            with pytest.raises(NameTaken) as refused:
                await made(Rooms(), "process 2 on two").start()
            assert "serv0 is run by process 1 on one since" in refused.value.message
            assert "MEET_NODE_NAME" in refused.value.hint
            await registration.close()

        asyncio.run(asyncio.wait_for(live(), 60))

    def test_one_that_was_killed_is_not_waited_for_in_the_same_place(self) -> None:
        async def live() -> None:
            killed = made(Rooms())
            await killed.start()
            rooms = Rooms()
            await asyncio.wait_for((await registered(rooms)).close(), 60)

        asyncio.run(live())

    def test_one_whose_lease_is_over_is_asked_before_its_name_is_taken(self) -> None:
        async def live() -> None:
            await made(Rooms(), "one").start()
            await asyncio.to_thread(age, LEASE)
            there = True
            asked: list[str] = []

            def answers(node: Node) -> bool:
                asked.append(node.name)
                return there

            second = made(Rooms(), "two")
            starting = asyncio.create_task(second.start(answers))
            await until(lambda: len(asked) >= 3)
            assert not starting.done()
            there = False
            await asyncio.wait_for(starting, 60)
            assert (await asyncio.to_thread(row)).machine == "two"

        asyncio.run(live())

    def test_who_has_lost_the_name_ends_its_rooms_and_has_it_again_when_the_other_has_gone(self) -> None:
        async def live() -> None:
            rooms = Rooms(RoomKey(1, "room"))
            first = await registered(rooms, "one")
            was = rooms.epoch
            # As if the first had been stopped for longer than its lease.
            await stop(first)
            await asyncio.to_thread(age, LEASE)
            second = await registered(Rooms(), "two", port=9001)
            first._task = asyncio.create_task(first._beat_for_ever())
            await until(lambda: not rooms.rooms)
            ((lost, why),) = {told for told in rooms.told if told[0] == "lost"}
            assert (lost, why.split(" since ")[0]) == ("lost", "serv0 is run by two")
            await second.close()
            await until(lambda: row().machine == "one")
            assert (await asyncio.to_thread(row)).port == 8001
            await until(lambda: rooms.epoch > was + 1)
            await first.close()

        asyncio.run(live())

    def test_rooms_that_live_elsewhere_by_now_end_here(self) -> None:
        async def live() -> None:
            account = await asyncio.to_thread(lambda: in_thread(default_account))
            moved, stays = RoomKey(account.pk, "room"), RoomKey(account.pk, "stays")
            rooms = Rooms(moved, stays)
            registration = await registered(rooms)
            assert (await asyncio.to_thread(placed)) == "serv0"
            await stop(registration)
            await asyncio.to_thread(age, LEASE)
            now = await asyncio.to_thread(lambda: in_thread(database_now))
            other = {"port": 8001, "started_at": now, "heartbeat_at": now}
            await asyncio.to_thread(lambda: in_thread(lambda: Node.objects.create(name="serv1", **other)))
            assert (await asyncio.to_thread(placed)) == "serv1"
            registration._task = asyncio.create_task(registration._beat_for_ever())
            await until(lambda: ("elsewhere", {moved}) in rooms.told)
            assert rooms.rooms == {stays}
            await registration.close()

        asyncio.run(live())


@pytest.mark.usefixtures("database")
class TestDraining:
    def test_rooms_that_are_not_there_begin_elsewhere_and_those_that_are_stay(self) -> None:
        async def live() -> None:
            account = await asyncio.to_thread(lambda: in_thread(default_account))
            rooms = Rooms(RoomKey(account.pk, "room"))
            registration = await registered(rooms)

            def begin() -> None:
                place(account, "room")
                place(account, "over")
                Node.objects.update(drain=Drain.FINISH)

            def kept() -> list[str]:
                return list(Placement.objects.values_list("room_id", flat=True))

            await asyncio.to_thread(lambda: in_thread(begin))
            await until(lambda: in_thread(kept) == ["room"])
            await until(lambda: rooms.drain == Drain.FINISH)
            assert rooms.told == []
            await asyncio.to_thread(lambda: in_thread(lambda: Node.objects.update(drain=Drain.MOVE)))
            await until(lambda: not rooms.rooms)
            assert not await asyncio.to_thread(lambda: in_thread(Placement.objects.exists))
            await registration.close()

        asyncio.run(live())


@pytest.mark.usefixtures("database")
def test_rooms_in_use_are_noted_when_they_are_new_and_all_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ALL_ROOMS_EVERY", 3)
    noted: list[set[RoomKey]] = []
    monkeypatch.setattr(module, "touch", lambda keys, _now: noted.append(set(keys)))
    one, two = RoomKey(1, "one"), RoomKey(1, "two")
    used = iter([{one}, {one, two}, {one, two}, {two}])

    async def live() -> None:
        rooms = Rooms()
        rooms.used_rooms = lambda: next(used, set())  # type: ignore[method-assign]
        registration = await registered(rooms)
        while len(noted) < 4:  # noqa: ASYNC110 - they are noted in a thread
            await asyncio.sleep(0.01)
        await registration.close()

    asyncio.run(asyncio.wait_for(live(), 60))
    assert noted[:4] == [{one}, {two}, set(), {two}]
