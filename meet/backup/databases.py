"""Databases beside the one in use: a snapshot to read, and a new one that takes its place in one step.

`default` leads there meanwhile, in this thread, so that migrations with rows in them find theirs.
"""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from django.db import DatabaseError, connection, connections, transaction
from django.db.utils import ConnectionHandler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEFAULT: Final = "default"
PREFIX: Final = "restoring_"
# Whoever uses a table for longer while it is replaced is a process that was not stopped.
LOCK_TIMEOUT: Final = "10s"


class InUseError(Exception):
    """Something uses the database that is to be replaced."""


class NewDatabase(Protocol):
    """An empty database that is filled, and takes the old one's place or goes."""

    def filling(self) -> Any:
        """A context in which `default` is the new one."""

    def replace(self, then: Callable[[], None]) -> None:
        """Put it in the old one's place, and call `then` just before that can't be undone any more."""

    def discard(self) -> None:
        """Leave nothing of it behind. Idempotent."""


@contextmanager
def snapshot() -> Iterator[None]:
    """All that is read is of one moment, and nobody waits for the reader."""
    if connection.vendor == "sqlite":
        # As everywhere else each transaction would begin with the lock of writers.
        options = connection.settings_dict["OPTIONS"] | {"transaction_mode": "DEFERRED"}
        with _leading_to({"OPTIONS": options}), transaction.atomic():
            yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def new_database() -> NewDatabase:
    """One of the same kind as the one in use."""
    return _NewFile() if connection.vendor == "sqlite" else _NewSchema()


class _NewFile:
    """SQLite: a file, renamed to the old one's name."""

    def __init__(self) -> None:
        self._old = Path(connection.settings_dict["NAME"])
        self._new = self._old.with_name(f"{self._old.name}.{PREFIX}{secrets.token_hex(4)}")

    @contextmanager
    def filling(self) -> Iterator[None]:
        with _leading_to({"NAME": self._new}):
            yield

    def replace(self, then: Callable[[], None]) -> None:
        connection.close()
        self._in_one_file(self._new)
        if self._old.exists():
            try:
                self._in_one_file(self._old)  # needs it for itself: nothing of the old one can get into the new one
            except sqlite3.OperationalError as error:
                raise InUseError("Something still uses the database. Stop all processes first.") from error
        then()
        self._new.replace(self._old)

    def discard(self) -> None:
        for path in self._new.parent.glob(f"{self._new.name}*"):
            path.unlink(missing_ok=True)

    def _in_one_file(self, path: Path) -> None:
        database = sqlite3.connect(path, timeout=1)
        try:
            (mode,) = database.execute("PRAGMA journal_mode=DELETE").fetchone()
            if mode != "delete":
                raise sqlite3.OperationalError("database is locked")
        finally:
            database.close()


class _NewSchema:
    """PostgreSQL: a schema beside, whose tables are moved."""

    def __init__(self) -> None:
        self._name = f"{PREFIX}{secrets.token_hex(4)}"
        self._made = False

    @contextmanager
    def filling(self) -> Iterator[None]:
        if not self._made:
            with connection.cursor() as cursor:
                cursor.execute(f'CREATE SCHEMA "{self._name}"')
            self._made = True
        options = connection.settings_dict["OPTIONS"]
        path = f"{options.get('options', '')} -c search_path={self._name}".strip()
        with _leading_to({"OPTIONS": options | {"options": path}}):
            yield

    def replace(self, then: Callable[[], None]) -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
                cursor.execute("SELECT current_schema()")
                (target,) = cursor.fetchone()
                new, old = self._tables(cursor, self._name), self._tables(cursor, target)
                # Tables of a newer version that was here are ours as well; those of others stay.
                if gone := sorted(old & (new | set(connection.introspection.django_table_names()))):
                    cursor.execute("DROP TABLE {} CASCADE".format(", ".join(f'"{target}"."{name}"' for name in gone)))
                for name in sorted(new):
                    cursor.execute(f'ALTER TABLE "{self._name}"."{name}" SET SCHEMA "{target}"')
                cursor.execute(f'DROP SCHEMA "{self._name}"')
                then()
        except DatabaseError as error:
            if "lock timeout" in str(error):
                raise InUseError("Something still uses the database. Stop all processes first.") from error
            raise
        self._made = False

    def discard(self) -> None:
        if self._made:
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute(f'DROP SCHEMA "{self._name}" CASCADE')
            self._made = False

    def _tables(self, cursor: Any, schema: str) -> set[str]:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
        return {name for (name,) in cursor.fetchall()}


@contextmanager
def _leading_to(changes: dict[str, Any]) -> Iterator[None]:
    """`default` is a connection with other settings."""
    before, settings = connections[DEFAULT], connections.settings[DEFAULT]
    handler = ConnectionHandler({DEFAULT: settings | changes})
    connections.settings[DEFAULT] = handler.settings[DEFAULT]
    connections[DEFAULT] = handler[DEFAULT]
    try:
        yield
    finally:
        connections[DEFAULT].close()
        connections.settings[DEFAULT] = settings
        connections[DEFAULT] = before
