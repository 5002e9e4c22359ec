"""The collector: what it hears from rooms arrives in the database, whatever that does meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.db import connections
from django.utils import timezone

from meet.accounts.hosts import default_account
from meet.config import PROJECT
from meet.database_writer import DatabaseThread
from rooms.webhooks.models import Delivery, Endpoint
from stats import collector as module
from stats.collector import Collector
from stats.models import Session
from tests.stats.parts import START_MS, at, visit, written
from tests.stats.waiting import TIMEOUT_S, found, run, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from rooms.runtime.observer import Visit


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for what is real time, and what is to be written at the end has time enough."""
    monkeypatch.setattr(module, "GATHER_S", 0.01)
    monkeypatch.setattr(module, "FLUSH_S", 60.0)
    monkeypatch.setattr("meet.database_writer.RETRY_S", 0.05)


@pytest.fixture
def ada(database: str) -> Visit:
    del database
    return visit("ada")


@asynccontextmanager
async def running(node: str = "serv0") -> AsyncIterator[Collector]:
    database = DatabaseThread()
    collector = Collector(node, database)
    await collector.start()
    yield collector
    await collector.close()
    await collector.close()
    database.close()


class TestWriting:
    def test_who_comes_and_goes_is_written_while_it_happens(self, ada: Visit) -> None:
        async def live() -> None:
            async with running() as collector:
                collector.peer_joined(ada)
                await until(lambda: written() == [("ada", 0, 0, None)])
                collector.peer_left(ada, "Ada", START_MS + 4000, others=0)
                await until(lambda: written() == [("ada", 0, 4000, 4000)])

        run(live)

    def test_all_is_written_before_the_node_ends(self, ada: Visit) -> None:
        many = [visit(f"p{number:04}", START_MS + number) for number in range(module.MAX_BATCH * 3)]

        async def live() -> None:
            async with running() as collector:
                for stay in many:
                    collector.peer_joined(stay)
                for stay in many:
                    collector.peer_left(stay, stay.display_name, START_MS + 10_000, others=0)
                collector.peer_joined(ada)

        run(live)
        ended = [(stay.peer_id, number, 10_000, 10_000) for number, stay in enumerate(many)]
        assert written() == [("ada", 0, 0, None), *ended]

    def test_sessions_are_marked_while_they_last(self, ada: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "MARK_S", 0.05)
        before = timezone.now()

        async def live() -> None:
            async with running() as collector:
                collector.peer_joined(ada)
                await until(lambda: Session.objects.filter(left_at=None, marked_at__gte=before).exists())
                first = await found(Session.objects.get)
                await until(lambda: Session.objects.filter(marked_at__gt=first.marked_at).exists())

        run(live)

    def test_who_reconnects_has_two_sessions(self, ada: Visit) -> None:
        async def live() -> None:
            async with running() as collector:
                collector.peer_joined(ada)
                collector.peer_left(ada, "Ada", START_MS + 1000, others=0)
                collector.peer_joined(replace(ada, joined_at=START_MS + 1000))

        run(live)
        assert written() == [("ada", 0, 1000, 1000), ("ada", 1000, 1000, None)]

    def test_servers_are_told_when_a_room_opens_and_closes(self, ada: Visit) -> None:
        kinds = ["joinPeer", "closePeer", "roomOpened", "roomClosed"]
        Endpoint.objects.create(account=default_account(), url="https://hooks.example", kinds=kinds)
        bob, eve = visit("bob", START_MS + 1), visit("eve", START_MS + 9)

        async def live() -> None:
            async with running() as collector:
                collector.peer_joined(ada)
                collector.peer_joined(bob)
                collector.peer_left(ada, "Ada", START_MS + 5, others=1)
                collector.peer_left(bob, "Bob", START_MS + 6, others=0)
                collector.peer_joined(eve)

        run(live)
        told = Delivery.objects.order_by("pk").values_list("kind", flat=True)
        once = ["roomOpened", "joinPeer", "joinPeer", "closePeer", "closePeer", "roomClosed"]
        assert list(told) == [*once, "roomOpened", "joinPeer"]


class TestTrouble:
    def test_what_happens_while_the_database_is_away_is_written_later(
        self, ada: Visit, database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setitem(connections.settings["default"]["OPTIONS"], *SHORT_TIMEOUT[database])
        bob = visit("bob", START_MS + 1)

        async def live() -> None:
            async with running() as collector:
                collector.peer_joined(ada)
                await until(lambda: len(written()) == 1)
                with away(database):
                    collector.peer_joined(bob)
                    collector.peer_left(ada, "Ada", START_MS + 2, others=1)
                    while "can't be written" not in caplog.text:  # noqa: ASYNC110 - a log has no event
                        await asyncio.sleep(0.02)
                collector.peer_left(bob, "Bob", START_MS + 3, others=0)
                await until(lambda: written() == [("ada", 0, 2, 2), ("bob", 1, 3, 3)])
                assert "written again" in caplog.text

        run(live)

    def test_the_loop_goes_on_and_the_end_comes_while_the_database_is_away(
        self, ada: Visit, database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setitem(connections.settings["default"]["OPTIONS"], *SHORT_TIMEOUT[database])
        monkeypatch.setattr(module, "FLUSH_S", 0.5)

        async def live() -> None:
            async with running() as collector:
                with away(database):
                    collector.peer_joined(ada)
                    await collector.close()

        run(live)
        assert "1 changes of the statistics are lost" in caplog.text

    def test_too_many_newcomers_are_left_out_and_nobody_stays_for_ever(
        self, ada: Visit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "MAX_PENDING", 3)
        others = [visit(f"p{number}", START_MS + number) for number in range(1, 6)]

        async def live() -> None:
            async with running() as collector:
                for stay in (ada, *others):
                    collector.peer_joined(stay)
                for stay in (ada, *others):
                    collector.peer_left(stay, "", START_MS + 100, others=0)

        run(live)
        assert written() == [("ada", 0, 100, 100), ("p1", 1, 100, 100), ("p2", 2, 100, 100)]

    def test_a_change_that_can_not_be_written_takes_no_other_with_it(
        self, ada: Visit, caplog: pytest.LogCaptureFixture
    ) -> None:
        wrong = replace(visit("eve"), joined_at=10**18)  # no calendar has that day
        bob = visit("bob", START_MS + 1)

        async def live() -> None:
            async with running() as collector:
                for stay in (ada, wrong, bob):
                    collector.peer_joined(stay)

        run(live)
        assert [peer_id for peer_id, *_ in written()] == ["ada", "bob"]
        assert "is lost (room room)" in caplog.text


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)], indirect=True)
def test_after_a_crash_sessions_end_at_their_last_mark(ada: Visit, database: str) -> None:
    """The process is killed; not even its operating system's buffers are asked."""
    before = timezone.now()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.stats.collector_process", where(database), str(ada.room.account_id), "0.05"],
        cwd=PROJECT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "meet.settings"},
    )
    try:
        asyncio.run(
            asyncio.wait_for(until(lambda: Session.objects.filter(marked_at__gt=before).count() == 2), TIMEOUT_S)
        )
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(TIMEOUT_S)
    killed_at = timezone.now()
    unfinished = {one.pk: one for one in Session.objects.filter(left_at=None)}
    assert {one.peer_id for one in unfinished.values()} == {"ada", "bob"}
    assert Session.objects.get(peer_id="eve").left_at == at(START_MS / 1000 + 1)

    async def restart() -> None:
        async with running("serv1"):
            assert not await found(Session.objects.filter(interrupted=True).exists)
        async with running("serv0"):
            pass

    run(restart)
    for one in Session.objects.filter(pk__in=unfinished):
        assert one.interrupted
        assert one.left_at == one.marked_at == unfinished[one.pk].marked_at
        assert killed_at - timedelta(seconds=30) < one.marked_at < killed_at
    assert not Session.objects.get(peer_id="eve").interrupted


SHORT_TIMEOUT: dict[str, tuple[str, Any]] = {"sqlite": ("timeout", 0.1), "postgresql": ("connect_timeout", 2)}


@contextmanager
def away(database: str) -> Iterator[None]:
    """The database takes nothing: SQLite's is locked, PostgreSQL throws everybody out and lets nobody in."""
    settings = connections.settings["default"]
    if database == "sqlite":
        with closing(sqlite3.connect(settings["NAME"])) as holder:
            holder.execute("BEGIN IMMEDIATE")
            yield
        return
    name = settings["NAME"]
    server_of = {"host": settings["HOST"], "port": settings["PORT"], "user": settings["USER"]}
    with psycopg.connect(dbname="template1", autocommit=True, **server_of) as server:
        server.execute("UPDATE pg_database SET datallowconn = false WHERE datname = %s", [name])
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        yield
        server.execute("UPDATE pg_database SET datallowconn = true WHERE datname = %s", [name])


def where(database: str) -> str:
    """The settings of the test's database, for another process."""
    settings = connections.settings["default"]
    names = ("ENGINE", "NAME", "USER", "HOST", "PORT", "OPTIONS")
    assert database in settings["ENGINE"]
    return json.dumps({name: settings[name] for name in names} | {"NAME": str(settings["NAME"])})
