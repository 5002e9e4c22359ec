"""The one writer of a node: entries arrive in order and once, and nobody waits for somebody else's trouble."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from django.db import DataError, OperationalError, connection, connections, transaction

from meet import database_writer as module
from meet.accounts.models import Account
from meet.database_writer import DatabaseThread, DatabaseWriter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper

TIMEOUT_S = 20


class Plain(DatabaseThread):
    """The thread without a database."""

    async def write(self, function: Callable[..., Any], *args: Any) -> Any:
        return await self.run(function, *args)


class Table:
    """What was written, batch by batch; `troubles` are raised first, one for each batch."""

    def __init__(self, *troubles: Exception, never: str = "") -> None:
        self.batches: list[list[str]] = []
        self.refused: list[str] = []
        self._troubles = list(troubles)
        self._never = never

    def write(self, batch: Sequence[str]) -> None:
        if self._troubles:
            raise self._troubles.pop(0)
        if self._never in batch:
            raise DataError(self._never)
        self.batches.append(list(batch))

    def refuse(self, entry: str, _error: Exception) -> None:
        self.refused.append(entry)


@asynccontextmanager
async def running(table: Table, thread: DatabaseThread | None = None, **options: Any) -> AsyncIterator[Any]:
    database = thread or Plain()
    writer = DatabaseWriter("entries", database, table.write, table.refuse, **options)
    writer.start()
    async with asyncio.timeout(TIMEOUT_S):
        yield writer
        await writer.close()
        await writer.close()
    if thread is None:
        database.close()
        database.close()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long writers wanted to wait after failures; they don't."""
    asked: list[float] = []

    async def no_pause(_writer: Any, seconds: float) -> None:
        if seconds:
            asked.append(seconds)
        await asyncio.sleep(0)

    monkeypatch.setattr(DatabaseWriter, "_pause", no_pause)
    return asked


async def test_entries_are_written_in_order_and_in_batches_when_it_closes() -> None:
    table = Table()
    async with running(table, max_batch=2, gather_s=0.05) as writer:
        for entry in "abcde":
            assert writer.add(entry)
        assert table.batches == []
    assert table.batches == [["a", "b"], ["c", "d"], ["e"]]


async def test_a_database_that_is_away_is_tried_again_after_growing_pauses(
    pauses: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    table = Table(*(OperationalError("away") for _ in range(6)))
    async with running(table) as writer:
        writer.add("a")
    assert table.batches == [["a"]]
    assert pauses == [1, 2, 4, 8, 10, 10]
    assert caplog.text.count("Entries can't be written at the moment: away") == 1
    assert "Entries are written again; 0 were left out" in caplog.text


async def test_what_can_never_be_written_takes_no_other_with_it() -> None:
    table = Table(never="b")
    async with running(table, max_batch=9) as writer:
        for entry in "abc":
            writer.add(entry)
    assert (table.batches, table.refused) == ([["a"], ["c"]], ["b"])


async def test_of_entries_with_a_key_the_last_one_is_written_in_the_place_of_the_first() -> None:
    table = Table()
    async with running(table, max_batch=9) as writer:
        writer.add("old", "key")
        writer.add("a")
        writer.add("new", "key")
        assert writer.waiting("key") == "new"
    assert table.batches == [["new", "a"]]
    assert writer.waiting("key") is None


async def test_too_many_are_left_out_but_for_those_that_must_come() -> None:
    table = Table()
    async with running(table, max_pending=2, max_batch=9) as writer:
        taken = [writer.add(entry) for entry in "abc"]
        assert writer.add("d", always=True)
    assert taken == [True, True, False]
    assert table.batches == [["a", "b", "d"]]


async def test_what_is_being_written_when_it_closes_is_written_once() -> None:
    table, begun, go_on = Table(), threading.Event(), threading.Event()

    def slow(batch: Sequence[str]) -> None:
        begun.set()
        go_on.wait(TIMEOUT_S)
        table.batches.append(list(batch))

    database = Plain()
    writer: DatabaseWriter[str] = DatabaseWriter("entries", database, slow, table.refuse)
    writer.start()
    writer.add("a")
    await asyncio.to_thread(begun.wait, TIMEOUT_S)
    closing = asyncio.create_task(writer.close())
    await asyncio.sleep(0)
    go_on.set()
    assert await closing == 0
    assert table.batches == [["a"]]
    database.close()


async def test_a_database_that_stays_away_does_not_hold_up_the_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    table = Table(*(OperationalError("away") for _ in range(10_000)))
    async with running(table, flush_s=0.1) as writer:
        writer.add("a")
        assert await writer.close() == 1
    assert "1 entries are lost" in caplog.text


async def test_one_that_waits_for_the_database_leaves_the_thread_to_others() -> None:
    """Its pause is a minute; the others don't notice."""
    database = Plain()
    away, there = Table(*(OperationalError("away") for _ in range(10_000))), Table()
    failing: DatabaseWriter[str] = DatabaseWriter("entries", database, away.write, away.refuse, flush_s=0.1)
    failing.start()
    failing.add("a")
    async with running(there, database) as writer:
        for entry in "bcd":
            writer.add(entry)
            await asyncio.sleep(0)
    assert there.batches == [["b"], ["c"], ["d"]]
    assert await failing.close() == 1
    database.close()


def test_a_batch_is_one_transaction(database: str) -> None:
    del database

    def write(batch: Sequence[str]) -> None:
        for name in batch:
            Account.objects.create(name=name)
        if len(batch) > 1:
            raise OperationalError

    async def live() -> None:
        thread = DatabaseThread()
        with pytest.raises(OperationalError):
            await thread.write(write, ["one", "two"])
        await thread.write(write, ["three"])
        thread.close()

    asyncio.run(asyncio.wait_for(live(), TIMEOUT_S))
    assert list(Account.objects.exclude(is_default=True).values_list("name", flat=True)) == ["three"]


def test_its_connection_is_closed_with_it(database: str) -> None:
    del database

    def connected() -> BaseDatabaseWrapper:
        connection.ensure_connection()
        return connections["default"]

    async def live() -> BaseDatabaseWrapper:
        thread = DatabaseThread()
        own = await thread.run(connected)
        thread.close()
        return own

    own = asyncio.run(asyncio.wait_for(live(), TIMEOUT_S))
    for one in threading.enumerate():
        if one.name.startswith("database"):
            one.join(TIMEOUT_S)
    assert own.connection is None


def test_a_row_that_somebody_else_has_locked_holds_up_nobody_for_long(
    postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    del postgresql
    monkeypatch.setattr(module, "LOCK_WAIT_MS", 50)
    account = Account.objects.create(name="locked")

    def rename() -> None:
        Account.objects.filter(pk=account.pk).update(name="changed")

    async def live() -> str:
        thread = DatabaseThread()
        try:
            with pytest.raises(OperationalError, match="lock timeout"):
                await thread.write(rename)
            return await thread.run(_lock_timeout)
        finally:
            thread.close()

    with transaction.atomic(), ThreadPoolExecutor(1) as elsewhere:
        Account.objects.select_for_update().get(pk=account.pk)
        after = elsewhere.submit(lambda: asyncio.run(asyncio.wait_for(live(), TIMEOUT_S))).result()
    assert after == "0", "only its transactions have a limit"
    assert Account.objects.get(pk=account.pk).name == "locked"


def _lock_timeout() -> str:
    """Of the thread's connection, outside of its transactions."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return str(cursor.fetchone()[0])
