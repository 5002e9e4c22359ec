"""Brings the database's tables to this version: one process at a time, and without holding up those who use them."""

from __future__ import annotations

import fcntl
import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger(__name__)

# For `pg_try_advisory_lock`: a number that nothing else in the database uses, the letters "meet".
SETUP: Final = 0x6D656574
FILE: Final = "setup.lock"
POLL_S: Final = 0.3
# Whoever waits for a table's lock holds up all who come to the table later. So a migration waits for so long only,
# lets them pass, and tries again.
LOCK_TIMEOUT: Final = "2s"
TRIES: Final = 30
PAUSE_S: Final = 2.0
_LOCK_NOT_AVAILABLE: Final = "55P03"


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait until nobody else sets this database up, on whatever machine, and keep others from it.

    Whoever dies holds nothing. Raises `django.db.Error` and `OSError`.
    """
    if connection.vendor == "sqlite":  # then all processes are on this machine
        with (settings.DATA_DIR / FILE).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        return
    # Not by waiting in the database: an index that is built concurrently waits for all statements that run.
    while not _holds("pg_try_advisory_lock"):
        time.sleep(POLL_S)
    try:
        yield
    finally:
        _holds("pg_advisory_unlock")


def migrate() -> None:
    """Run the migrations that are missing. Raises `django.db.Error`; those that were run till then are done."""
    for left in reversed(range(TRIES)):
        try:
            with _short_locks():
                call_command("migrate", interactive=False, verbosity=0)
        except OperationalError as error:
            if left == 0 or getattr(error.__cause__, "sqlstate", "") != _LOCK_NOT_AVAILABLE:
                raise
            logger.warning("A table is in use by somebody who takes long; the migration tries again")
            time.sleep(PAUSE_S)
        else:
            return


@contextmanager
def _short_locks() -> Iterator[None]:
    if connection.vendor == "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")


def _holds(function: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [SETUP])
        (holds,) = cursor.fetchone()
    return bool(holds)
