"""How often somebody may ask: a limit that holds for all processes together.

It slides (GCRA, the generic cell rate algorithm of ITU-T I.371): after a pause `requests` may come at once, from then
on one each `period / requests`. Compared with counting in fixed windows there is no moment at which everything is
allowed anew, what is kept is one number for each who asks, and the time to wait is known exactly. A request that is
refused counts for nothing.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from django.conf import settings
from django.db import connection, transaction

from meet.api.models import Pace

if TYPE_CHECKING:
    import datetime as dt

logger = logging.getLogger(__name__)

SECOND_US: Final = 1_000_000
# Stores forget who has not asked for this long, after they could ask at full rate again.
FORGET_AFTER_US: Final = 60 * SECOND_US
PRUNE_EVERY_US: Final = 60 * SECOND_US
PRUNED_AT_ONCE: Final = 500
_COUNT: Final = """
    INSERT INTO api_pace (key, until_us) VALUES (%(key)s, %(first)s)
    ON CONFLICT (key) DO UPDATE SET until_us = CASE
        WHEN api_pace.until_us > %(last)s THEN %(last)s
        WHEN api_pace.until_us > %(now)s THEN api_pace.until_us + %(interval)s
        ELSE %(now)s + %(interval)s END
    WHERE api_pace.until_us + %(interval)s <= %(last)s OR api_pace.until_us > %(last)s
"""
# A Redis that is not there must not hold up requests.
REDIS_TIMEOUT_S: Final = 0.5


@dataclass(frozen=True)
class Limit:
    """So many requests in so many seconds."""

    requests: int
    period_s: int

    @property
    def interval_us(self) -> int:
        """How far each request moves somebody ahead."""
        return math.ceil(self.period_s * SECOND_US / self.requests)

    @property
    def horizon_us(self) -> int:
        """How far ahead somebody may be."""
        return self.interval_us * self.requests


def advance(until_us: int, limit: Limit, now_us: int) -> int | None:
    """Where somebody is after one more request; None if that is too far ahead. Pure: what all stores do.

    Nobody gets beyond the horizon, so a clock that was ahead has written what is there: it counts as one request short
    of the horizon, and nobody waits until the clocks have caught up.
    """
    last = now_us + limit.horizon_us
    if until_us > last:
        return last
    moved = max(until_us, now_us) + limit.interval_us
    return moved if moved <= last else None


def wait_us(until_us: int, limit: Limit, now_us: int) -> int:
    """How long until the next request is all right; 0 for at once. Pure."""
    last = now_us + limit.horizon_us
    return max(0, until_us + limit.interval_us - last) if until_us <= last else 0


class Store(Protocol):
    """Keeps how far ahead everybody is."""

    def take(self, key: str, limit: Limit, now_us: int) -> int | None:
        """Count one request. None if it is all right, else how long to wait in µs. Atomic."""


class DatabaseStore:
    """One upsert a request; rows of those who have stopped asking are deleted."""

    _pruned_us = 0

    def take(self, key: str, limit: Limit, now_us: int) -> int | None:
        """Count one request."""
        if abs(now_us - self._pruned_us) > PRUNE_EVERY_US:
            self._pruned_us = now_us
            self.prune(now_us)
        values: dict[str, str | int] = {
            "key": key,
            "now": now_us,
            "interval": limit.interval_us,
            "first": now_us + limit.interval_us,
            "last": now_us + limit.horizon_us,
        }
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, values)
            if cursor.rowcount:
                return None
        row = Pace.objects.filter(pk=key).first()
        return max(1, wait_us(row.until_us, limit, now_us)) if row is not None else 1

    @staticmethod
    def prune(now_us: int) -> int:
        """Delete some of the rows that say nothing any more; how many."""
        over = Pace.objects.filter(until_us__lt=now_us - FORGET_AFTER_US)
        with transaction.atomic():
            # Several processes prune at a time: each takes rows that no other has.
            some = over.select_for_update(skip_locked=True).values_list("pk", flat=True)[:PRUNED_AT_ONCE]
            return over.filter(pk__in=list(some)).delete()[0]


class RedisStore:
    """The same in Redis, by a script that runs as one."""

    _SCRIPT: Final = """
        local till = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), tonumber(ARGV[1]))
        local last = tonumber(ARGV[1]) + tonumber(ARGV[3])
        local moved = till + tonumber(ARGV[2])
        if till > last then moved = last end
        local ahead = moved - last
        if ahead > 0 then return ahead end
        redis.call('SET', KEYS[1], string.format('%.0f', moved), 'PX', ARGV[4])
        return 0
    """

    def __init__(self, url: str) -> None:
        import redis  # noqa: PLC0415 - 6 MB, which a process without it does without

        self.unreachable = redis.RedisError
        self._redis = redis.Redis.from_url(
            url, socket_timeout=REDIS_TIMEOUT_S, socket_connect_timeout=REDIS_TIMEOUT_S, health_check_interval=30
        )
        self._script = self._redis.register_script(self._SCRIPT)

    def take(self, key: str, limit: Limit, now_us: int) -> int | None:
        """Count one request. Raises `redis.RedisError`."""
        kept_ms = (limit.horizon_us + FORGET_AFTER_US) // 1000
        wait = cast("Any", self._script)(
            keys=[f"meet:pace:{key}"], args=[now_us, limit.interval_us, limit.horizon_us, kept_ms]
        )
        return int(wait) or None


class SafeStore:
    """Redis, and another store for the time in which it can't be reached."""

    def __init__(self, first: RedisStore, second: Store) -> None:
        self._first = first
        self._second = second

    def take(self, key: str, limit: Limit, now_us: int) -> int | None:
        """Count one request."""
        try:
            return self._first.take(key, limit, now_us)
        except self._first.unreachable as error:
            logger.warning("Redis can't be reached, requests are counted in the database: %s", error)
            return self._second.take(key, limit, now_us)


def take(key: str, limit: Limit, now: dt.datetime) -> int:
    """Count one request of somebody; 0 if it is all right, else in how many whole seconds the next one is."""
    wait = _store(settings.CONFIG.redis_url).take(key, limit, round(now.timestamp() * SECOND_US))
    return math.ceil(wait / SECOND_US) if wait else 0


@cache
def _store(redis_url: str) -> Store:
    """Redis where there is one, else the database."""
    database = DatabaseStore()
    return SafeStore(RedisStore(redis_url), database) if redis_url else database
