"""What the processes share: the database and Redis, their versions and settings, and the clocks of their machines."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import redis
from django.db import Error, connection

from meet.doctor.findings import one_line, warning, well, wrong
from meet.run.dependencies import migrations_problem
from rooms.control.signing import LIFETIME_S

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meet.config import Config
    from meet.doctor.findings import Finding

# What Django 5.2 wants.
OLDEST_POSTGRESQL: Final = 140_000
OLDEST_SQLITE: Final = (3, 31)
OLDEST_REDIS: Final = 6
FEW_CONNECTIONS: Final = 50
BUSY: Final = 0.8
TIMEOUT_S: Final = 3.0
# Between machines; requests between them count for `LIFETIME_S`.
CLOCK_WARN_S: Final = 2.0


def database(config: Config) -> Iterable[Finding]:
    """Whether it answers, which it is, and how it is set."""
    try:
        connection.ensure_connection()
    except Error as error:
        hint = "Start it, or correct MEET_DATABASE_URL."
        yield wrong("Database", f"It does not answer ({one_line(error)}).", hint)
        return
    yield from _postgresql() if connection.vendor == "postgresql" else _sqlite(config)
    pending = migrations_problem()
    if pending:
        yield wrong("Migrations", f"The tables are older than this version ({pending}).", "Run manage.py setup.")
    else:
        yield well("Migrations", "The tables are those of this version.")


def redis_server(config: Config) -> Iterable[Finding]:
    """Whether Redis answers, which it is, and that it throws nothing away."""
    if not config.redis_url:
        yield well("Redis", "None is set: workers look into the database every second.")
        return
    try:
        with redis.Redis.from_url(
            config.redis_url, socket_connect_timeout=TIMEOUT_S, socket_timeout=TIMEOUT_S
        ) as client:
            before = time.time()
            seconds, micros = client.time()
            after = time.time()
            info: Any = client.info()
            yield from _redis(info)
            yield _clock("Redis", seconds + micros / 1e6, before, after)
    except (redis.RedisError, ValueError) as error:
        hint = "Start it, or correct MEET_REDIS_URL. Workers get nothing to do meanwhile; nothing is lost."
        yield wrong("Redis", f"It does not answer ({one_line(error)}).", hint)


def database_clock(_config: Config) -> Iterable[Finding]:
    """Whether the database's clock and ours agree; with SQLite it is the same one."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        before = time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        (there,) = cursor.fetchone()
        after = time.time()
    yield _clock("the database", float(there), before, after)


def _postgresql() -> Iterable[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        version = int(cursor.fetchone()[0])
        cursor.execute("SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()")
        (encoding,) = cursor.fetchone()
        cursor.execute("SHOW max_connections")
        most = int(cursor.fetchone()[0])
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
        (used,) = cursor.fetchone()
    shown = f"PostgreSQL {version // 10_000}.{version % 10_000}"
    if version < OLDEST_POSTGRESQL:
        yield wrong("Database", f"It is {shown}.", "Use PostgreSQL 14 or newer.")
    else:
        yield well("Database", f"It is {shown}.")
    if encoding != "UTF8":
        hint = "Make a database with ENCODING 'UTF8', and move everything there."
        yield wrong("Database encoding", f"It is {encoding}: names in many scripts can't be kept.", hint)
    else:
        yield well("Database encoding", "It is UTF8.")
    text = f"{used} of {most} connections are in use."
    if used > BUSY * most or most < FEW_CONNECTIONS:
        yield warning(
            "Database connections", text, "Raise max_connections to 100 or more: web has one for each thread."
        )
    else:
        yield well("Database connections", text)


def _sqlite(config: Config) -> Iterable[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        (mode,) = cursor.fetchone()
    version = connection.Database.sqlite_version  # type: ignore[attr-defined]
    if connection.Database.sqlite_version_info < OLDEST_SQLITE:  # type: ignore[attr-defined]
        yield wrong("Database", f"It is SQLite {version}.", "Use SQLite 3.31 or newer.")
    elif config.production:
        hint = "Use PostgreSQL (MEET_DATABASE_URL) for more than one machine or more than a few rooms at once."
        yield warning("Database", f"It is SQLite {version}, in production.", hint)
    else:
        yield well("Database", f"It is SQLite {version}.")
    if mode.lower() != "wal":
        hint = "Move the data folder to a local disk: SQLite's WAL works on no network file system."
        yield wrong("Database journal", f"Its mode is {mode}: who writes keeps all others from reading.", hint)
    else:
        yield well("Database journal", "Its mode is WAL.")


def _redis(info: dict[str, Any]) -> Iterable[Finding]:
    version = str(info.get("redis_version", "0"))
    if int(version.partition(".")[0] or 0) < OLDEST_REDIS:
        yield wrong("Redis", f"It is Redis {version}.", "Use Redis 6 or newer.")
    else:
        yield well("Redis", f"It is Redis {version}. It need keep nothing: all work is in the database.")
    policy, most = info.get("maxmemory_policy", "noeviction"), info.get("maxmemory", 0)
    if policy != "noeviction":
        yield wrong(
            "Redis memory",
            f"Its maxmemory-policy is {policy}: where memory gets scarce it throws work away.",
            "redis-cli CONFIG SET maxmemory-policy noeviction, and the same in redis.conf.",
        )
    elif most and info.get("used_memory", 0) > BUSY * most:
        yield warning("Redis memory", "Its memory is nearly used up.", "Raise maxmemory.")
    else:
        yield well("Redis memory", "It throws nothing away (maxmemory-policy noeviction).")


def _clock(whose: str, there: float, before: float, after: float) -> Finding:
    """`there` was read between `before` and `after`, all of them Unix times in s."""
    apart = max(0.0, there - after, before - there)
    text = f"This machine's and that of {whose} are {apart:.1f} s apart."
    if apart >= LIFETIME_S:
        hint = "Set both by NTP (timedatectl set-ntp true): machines refuse each other's requests."
        return wrong("Clock", text, hint)
    if apart >= CLOCK_WARN_S:
        return warning("Clock", text, "Set both by NTP (timedatectl set-ntp true).")
    return well("Clock", text)
