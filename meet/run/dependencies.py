"""What the roles depend on, as checks of their readiness: the database, its migrations, Redis, the disk."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Final

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor

from meet.run.readiness import LIMIT_S, Check

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from meet.config import Config

MIB: Final = 1024 * 1024
# Which migrations there are is looked up so seldom: it reads a table, and they change with an upgrade only.
MIGRATIONS_EVERY_S: Final = 10.0


def dependencies(config: Config, *, needs_redis: bool = False) -> list[Check]:
    """What every role has. Redis only makes it quicker for all but those whom it brings their work."""
    checks = [
        Check("database", database_problem),
        Check("migrations", Every(MIGRATIONS_EVERY_S, migrations_problem)),
        Check("disk", lambda: disk_problem(config.data_path, config.recording_min_free_mb * MIB), needed=False),
    ]
    if config.redis_url:
        checks.append(Check("redis", lambda: redis_problem(config.redis_url), needed=needs_redis))
    return checks


class Every:
    """Asks a check that costs something only every so often, as long as all is well."""

    def __init__(
        self, interval_s: float, problem: Callable[[], str | None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._interval_s = interval_s
        self._problem = problem
        self._clock = clock
        self._well_until = float("-inf")

    def __call__(self) -> str | None:
        """What is wrong."""
        if self._clock() < self._well_until:
            return None
        problem = self._problem()
        if problem is None:
            self._well_until = self._clock() + self._interval_s
        return problem


def database_problem() -> str | None:
    """Whether the database answers, on a connection that is made for it."""
    connection = connections.create_connection(DEFAULT_DB_ALIAS)
    if connection.vendor == "postgresql":
        connection.settings_dict = {**connection.settings_dict, "OPTIONS": _quick(connection.settings_dict["OPTIONS"])}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    finally:
        connection.close()
    return None


def migrations_problem() -> str | None:
    """Whether the database has all tables as this version wants them."""
    connection = connections.create_connection(DEFAULT_DB_ALIAS)
    if connection.vendor == "postgresql":
        connection.settings_dict = {**connection.settings_dict, "OPTIONS": _quick(connection.settings_dict["OPTIONS"])}
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    finally:
        connection.close()
    if not pending:
        return None
    return f"{len(pending)} migrations are pending: run manage.py setup."


def redis_problem(url: str) -> str | None:
    """Whether Redis answers."""
    import redis  # noqa: PLC0415 - 7 MB, which a process without it does without

    with redis.Redis.from_url(url, socket_connect_timeout=LIMIT_S, socket_timeout=LIMIT_S) as client:
        client.ping()
    return None


def disk_problem(folder: Path, least: int) -> str | None:
    """Whether the data folder has room for recordings."""
    free = shutil.disk_usage(folder).free
    return None if free >= least else f"The data folder has {free // MIB} MiB left, less than {least // MIB}."


def _quick(options: dict[str, object]) -> dict[str, object]:
    """A connection to PostgreSQL that is given up in time (libpq counts whole seconds, 2 at least)."""
    return {**options, "connect_timeout": max(2, int(LIMIT_S))}
