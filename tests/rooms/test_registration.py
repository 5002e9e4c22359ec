"""A node's own row in the database."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connections
from django.utils import timezone

from meet.accounts.hosts import default_account
from meet.database_writer import DatabaseThread
from meet.errors import Unavailable
from rooms.models import Node
from rooms.nodes import registration as module
from rooms.nodes.placement import place
from rooms.nodes.registration import Registration
from rooms.room_key import RoomKey

FIELDS: dict[str, Any] = {"public_url": "", "port": 8001, "tls": False, "media_addresses": "127.0.0.1:40000"}


def started(load: tuple[int, int] = (2, 5), **fields: Any) -> Registration:
    return Registration("serv0", lambda: load, database=DatabaseThread(), **{**FIELDS, **fields})


@pytest.mark.usefixtures("database")
class TestRegistration:
    def test_a_node_counts_as_live_between_start_and_close(self) -> None:
        async def live() -> None:
            registration = started()
            await registration.start()
            assert (await asyncio.to_thread(placed)) == "serv0"
            node = await asyncio.to_thread(Node.objects.get)
            assert (node.rooms, node.peers, node.port, node.media_addresses) == (2, 5, 8001, "127.0.0.1:40000")
            await registration.close()
            await registration.close()

        asyncio.run(live())
        with pytest.raises(Unavailable):
            place(default_account(), "room")

    def test_a_node_that_comes_back_takes_its_old_row(self) -> None:
        async def live(port: int) -> None:
            registration = started(port=port)
            await registration.start()
            await registration.close()

        asyncio.run(live(8001))
        before = Node.objects.get()
        asyncio.run(live(9001))
        after = Node.objects.get()
        assert (after.pk, after.port) == (before.pk, 9001)
        assert after.started_at > before.started_at

    def test_the_heartbeat_goes_on_and_survives_a_database_that_is_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "HEARTBEAT_S", 0.02)
        calls = 0

        def load() -> tuple[int, int]:
            nonlocal calls
            calls += 1
            if calls == 3:
                raise DatabaseError("The database is away.")
            return calls, 0

        async def live() -> None:
            registration = Registration("serv0", load, database=DatabaseThread(), **FIELDS)
            await registration.start()
            while calls < 6:  # noqa: ASYNC110 - the load is asked for in another place
                await asyncio.sleep(0.01)
            await registration.close()

        asyncio.run(asyncio.wait_for(live(), 20))
        node = Node.objects.get()
        assert node.rooms > 3
        assert timezone.now() - node.started_at < timedelta(seconds=30)


@pytest.mark.usefixtures("database")
def test_rooms_in_use_are_noted_when_they_are_new_and_all_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HEARTBEAT_S", 0.01)
    monkeypatch.setattr(module, "ALL_ROOMS_EVERY", 3)
    noted: list[set[RoomKey]] = []
    monkeypatch.setattr(module, "touch", lambda keys, _now: noted.append(set(keys)))
    one, two = RoomKey(1, "one"), RoomKey(1, "two")
    used = iter([{one}, {one, two}, {one, two}, {two}])

    async def live() -> None:
        registration = Registration(
            "serv0", lambda: (0, 0), lambda: next(used, set()), database=DatabaseThread(), **FIELDS
        )
        await registration.start()
        while len(noted) < 4:  # noqa: ASYNC110 - they are noted in a thread
            await asyncio.sleep(0.01)
        await registration.close()

    asyncio.run(asyncio.wait_for(live(), 20))
    assert noted[:4] == [{one}, {two}, set(), {two}]


def placed() -> str:
    """The node of a room, asked for in a thread that leaves no connection behind."""
    try:
        return place(default_account(), "room").name
    finally:
        connections.close_all()
