"""Writing to the database from an event loop that must never wait for it: a node's.

All writers of a process share one thread with one connection: SQLite has one writer anyway, and PostgreSQL's
connections are few. None holds another up, since each has one batch at a time on its way, and a batch waits for a lock
that somebody else has for `LOCK_WAIT_MS` only and is tried again after the others had their turn.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from django.db import DataError, Error, IntegrityError, close_old_connections, connection, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

T = TypeVar("T")
R = TypeVar("R")

logger = logging.getLogger(__name__)

# The pause after a failure; it doubles with each further one.
RETRY_S: Final = 1.0
MAX_RETRY_S: Final = 10.0
# With a database that stays away, so many entries are kept: some 50 MB.
MAX_PENDING: Final = 100_000
# For the last entries of each at the end. A supervisor kills a process after 10 s.
FLUSH_S: Final = 2.0
# PostgreSQL alone has locks of rows, which a long change of somebody else's may hold.
LOCK_WAIT_MS: Final = 2000


class DatabaseThread:
    """One thread with a connection of its own; functions are called in the order in which they are asked for."""

    def __init__(self, name: str = "database") -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._writers: list[DatabaseWriter[Any]] = []

    def add(self, writer: DatabaseWriter[Any]) -> None:
        """One more writes in this thread."""
        self._writers.append(writer)

    @property
    def waiting(self) -> dict[str, int]:
        """How many entries wait to be written, by what they are."""
        return {writer.name: writer.pending for writer in self._writers}

    @property
    def left_out(self) -> dict[str, int]:
        """How many entries were left out since the start because too many waited, by what they are."""
        return {writer.name: writer.left_out for writer in self._writers}

    async def run(self, function: Callable[..., R], *args: Any) -> R:
        """What the function returns or raises."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, _call, function, *args)

    async def write(self, function: Callable[..., R], *args: Any) -> R:
        """What it returns or raises, in one transaction, which is no long wait for those who come after it."""
        return await self.run(_in_transaction, function, *args)

    def close(self) -> None:
        """Take nothing more, and let the connection go after the rest. Idempotent; does not wait."""
        with contextlib.suppress(RuntimeError):  # it is closed already
            self._executor.submit(_let_connection_go)
        self._executor.shutdown(wait=False)


class DatabaseWriter(Generic[T]):
    """Entries are written in their order, in batches of one transaction; while the database is away they are kept.

    `write` is called with a batch in the thread. An entry that can never be written is given to `refuse`, on the event
    loop, and takes no other with it. `name` (plural) is for the log.
    """

    def __init__(
        self,
        name: str,
        database: DatabaseThread,
        write: Callable[[Sequence[T]], None],
        refuse: Callable[[T, Exception], None],
        *,
        max_batch: int = 1,
        max_pending: int = MAX_PENDING,
        gather_s: float = 0.0,
        flush_s: float = FLUSH_S,
    ) -> None:
        """Entries that follow one another within `gather_s` are written together, `max_batch` at most."""
        self.name = name
        self._database = database
        self._write = write
        self._refuse = refuse
        self._max_batch = self._batch_size = max_batch
        self._max_pending = max_pending
        self._gather_s = gather_s
        self._flush_s = flush_s
        self._pending: OrderedDict[Hashable, T] = OrderedDict()
        self._numbers = itertools.count()
        self._left_out = 0
        self.left_out = 0
        self._failures = 0
        self._something = asyncio.Event()
        self._nothing = asyncio.Event()
        self._nothing.set()
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        database.add(self)

    def add(self, entry: T, key: Hashable = None, *, always: bool = False) -> bool:
        """Have this written; one that waits with the same `key` is replaced. Returns at once.

        False if too many wait: then it is left out, unless it is to be taken `always`.
        """
        if key is None:
            key = next(self._numbers)
        if len(self._pending) >= self._max_pending and not always and key not in self._pending:
            self._left_out += 1
            self.left_out += 1
            return False
        self._pending[key] = entry
        self._nothing.clear()
        self._something.set()
        return True

    async def written(self) -> None:
        """Wait until nothing is left to be written: for ever, where the database stays away."""
        await self._nothing.wait()

    @property
    def pending(self) -> int:
        """How many wait to be written."""
        return len(self._pending)

    def waiting(self, key: Hashable) -> T | None:
        """What is to be written with this key and isn't yet."""
        return self._pending.get(key)

    def start(self) -> None:
        """Write from now on."""
        self._task = asyncio.create_task(self._write_for_ever(), name=f"writer of {self.name}")

    async def close(self) -> int:
        """Write what there is, as far as that is possible in a few seconds; how many are lost. Idempotent."""
        if self._task is None:
            return len(self._pending)
        task, self._task = self._task, None
        self._closing.set()
        self._something.set()
        try:
            async with asyncio.timeout(self._flush_s):
                await task
        except TimeoutError:
            logger.error("The database is away: %d %s are lost", len(self._pending), self.name)  # noqa: TRY400
        return len(self._pending)

    async def _write_for_ever(self) -> None:
        """Until it is closing and all is written. A batch that is on its way is never begun once more meanwhile."""
        while not self._closing.is_set() or self._pending:
            await self._something.wait()
            await self._pause(self._gather_s)
            while self._pending:
                await self._write_batch()
            if not self._closing.is_set():
                self._something.clear()

    async def _write_batch(self) -> None:
        """Write the first entries. They stay for the next time if the database is away."""
        batch = tuple(itertools.islice(self._pending.items(), self._batch_size))
        try:
            await self._database.write(self._write, [entry for _, entry in batch])
        except Exception as error:  # noqa: BLE001 - what can't be written must not end the writing
            if is_away(error):
                await self._wait_after(error)
                return
            if len(batch) > 1:
                self._batch_size = 1  # to find the one that can't be written
                return
            self._refuse(batch[0][1], error)
        else:
            self._note_success()
        self._batch_size = self._max_batch
        for key, entry in batch:
            if self._pending.get(key) is entry:
                del self._pending[key]
        if not self._pending:
            self._nothing.set()

    async def _wait_after(self, error: Exception) -> None:
        if not self._failures:
            logger.warning("%s can't be written at the moment: %s", self.name.capitalize(), error)
        pause_s = min(RETRY_S * 2**self._failures, MAX_RETRY_S)
        self._failures = min(self._failures + 1, 16)
        await self._pause(pause_s)

    def _note_success(self) -> None:
        if self._failures:
            logger.warning("%s are written again; %d were left out", self.name.capitalize(), self._left_out)
            self._left_out = 0
        self._failures = 0

    async def _pause(self, seconds: float) -> None:
        """Wait; not longer than until somebody closes it."""
        if self._closing.is_set():
            await asyncio.sleep(min(seconds, self._flush_s / 3))
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()


def is_away(error: Exception) -> bool:
    """Whether it is worth while to try the same once more, and not the entry that is wrong."""
    return isinstance(error, Error) and not isinstance(error, (IntegrityError, DataError))


def _let_connection_go() -> None:
    connection.close()  # looked up here: each thread has one of its own


def _call(function: Callable[..., R], *args: Any) -> R:
    close_old_connections()
    return function(*args)


def _in_transaction(function: Callable[..., R], *args: Any) -> R:
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LOCK_WAIT_MS}ms"])
        return function(*args)
