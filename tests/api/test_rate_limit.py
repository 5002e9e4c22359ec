"""The limit on requests: its arithmetic, and that it holds for all processes on each of the three stores."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as django_settings
from django.db import connections
from hypothesis import given
from hypothesis import strategies as st

from meet.api import rate_limit
from meet.api.models import Pace
from meet.api.rate_limit import (
    FORGET_AFTER_US,
    PRUNED_AT_ONCE,
    SECOND_US,
    DatabaseStore,
    Limit,
    RedisStore,
    SafeStore,
    advance,
    wait_us,
)
from meet.config import PROJECT, Config
from tests.api import pace_process
from tests.database import environment_of_database
from tests.ports import free_port
from tests.postgresql import NotInstalledError
from tests.redis_server import running_redis

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.conf import LazySettings

    from meet.api.rate_limit import Store

NOW = 1_900_000_000 * SECOND_US
FOUR_A_SECOND = Limit(4, 1)
HOUR_US = 3600 * SECOND_US

limits = st.builds(Limit, st.integers(1, 1000), st.integers(1, 3600))
pauses = st.lists(st.integers(0, 3 * SECOND_US), max_size=60)


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    try:
        with running_redis() as url:
            yield url
    except NotInstalledError as error:
        pytest.skip(str(error))


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
def store_name(request: pytest.FixtureRequest, settings: LazySettings, transactional_db: None) -> str:
    """Each of the stores is the one that is configured; its name."""
    del transactional_db
    if request.param == "redis":
        settings.CONFIG = Config(redis_url=request.getfixturevalue("redis_url"))
    elif request.param == "postgresql":
        request.getfixturevalue("postgresql")
    elif connections["default"].vendor != "sqlite":
        pytest.skip("all tests run on PostgreSQL")
    return str(request.param)


@pytest.fixture
def store(store_name: str, request: pytest.FixtureRequest) -> Store:
    return RedisStore(request.getfixturevalue("redis_url")) if store_name == "redis" else DatabaseStore()


class TestArithmetic:
    def test_four_at_once_and_then_one_each_quarter_of_a_second(self) -> None:
        until = 0
        for _ in range(4):
            moved = advance(until, FOUR_A_SECOND, NOW)
            assert moved is not None
            until = moved
        assert advance(until, FOUR_A_SECOND, NOW) is None
        assert wait_us(until, FOUR_A_SECOND, NOW) == 250_000
        assert advance(until, FOUR_A_SECOND, NOW + 249_999) is None
        moved = advance(until, FOUR_A_SECOND, NOW + 250_000)
        assert moved is not None
        assert advance(moved, FOUR_A_SECOND, NOW + 250_000) is None
        assert wait_us(moved, FOUR_A_SECOND, NOW + 10 * SECOND_US) == 0

    def test_a_clock_that_was_ahead_leaves_one_interval_to_wait(self) -> None:
        ahead = advance(0, FOUR_A_SECOND, NOW + HOUR_US)
        assert ahead is not None
        assert wait_us(ahead, FOUR_A_SECOND, NOW) == 0
        moved = advance(ahead, FOUR_A_SECOND, NOW)
        assert moved is not None
        assert advance(moved, FOUR_A_SECOND, NOW) is None
        assert wait_us(moved, FOUR_A_SECOND, NOW) == FOUR_A_SECOND.interval_us

    @given(limits, pauses)
    def test_no_more_than_allowed_in_any_time(self, limit: Limit, steps: list[int]) -> None:
        """In any span of time at most what comes at once and what one each interval adds up to."""
        until, now, passed = 0, NOW, []
        for pause in steps:
            now += pause
            moved = advance(until, limit, now)
            assert (moved is None) == (wait_us(until, limit, now) > 0)
            if moved is not None:
                until = moved
                passed.append(now)
        for first, begin in enumerate(passed):
            for count, end in enumerate(passed[first:], 1):
                assert count <= limit.requests + (end - begin) // limit.interval_us

    @given(limits, pauses)
    def test_who_waits_as_told_is_let_through(self, limit: Limit, steps: list[int]) -> None:
        until, now = 0, NOW
        for pause in steps:
            now += pause
            wait = wait_us(until, limit, now)
            moved = advance(until, limit, now + wait)
            assert moved is not None
            if wait:
                assert advance(until, limit, now + wait - 1) is None
                now += wait
            until = moved


class TestStores:
    @pytest.mark.parametrize("limit", [FOUR_A_SECOND, Limit(10, 60), Limit(3, 1), Limit(1, 1), Limit(50, 1)], ids=str)
    def test_each_does_what_the_arithmetic_says(self, store: Store, limit: Limit) -> None:
        until, now = 0, NOW
        for pause in (0, 0, 0, 0, 0, 1, 249_999, 250_000, 3, 999_000, 0, 0, 5_000_000, 70_000_000, 0, 0, 0, 0, 0):
            now += pause
            moved = advance(until, limit, now)
            expected = None if moved is not None else wait_us(until, limit, now)
            assert store.take(f"arithmetic {limit}", limit, now) == expected
            until = moved if moved is not None else until

    def test_one_knows_nothing_of_another(self, store: Store) -> None:
        assert store.take("one", Limit(1, 1), NOW) is None
        assert store.take("other", Limit(1, 1), NOW) is None
        assert store.take("one", Limit(1, 1), NOW) == SECOND_US

    def test_a_clock_that_was_ahead_locks_nobody_out(self, store: Store) -> None:
        """After the clock is right again one comes at once, and then one each interval."""
        for _ in range(4):
            assert store.take("ahead", FOUR_A_SECOND, NOW + HOUR_US) is None
        assert store.take("ahead", FOUR_A_SECOND, NOW) is None
        assert store.take("ahead", FOUR_A_SECOND, NOW) == FOUR_A_SECOND.interval_us
        assert store.take("ahead", FOUR_A_SECOND, NOW + FOUR_A_SECOND.interval_us) is None

    @pytest.mark.usefixtures("store_name")
    def test_several_processes_together_get_what_one_would(self, tmp_path: Path) -> None:
        environment = {**os.environ, "MEET_DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "meet.settings"}
        environment |= {"MEET_REDIS_URL": django_settings.CONFIG.redis_url, **environment_of_database(tmp_path)}
        command = [sys.executable, "-m", "tests.api.pace_process", f"processes {tmp_path.name}", "60"]
        processes = [
            subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)
        ]
        passed = [int(process.communicate(timeout=120)[0]) for process in processes]
        assert sum(passed) == 100
        assert pace_process.count(f"processes {tmp_path.name}", 5) == 0


class TestDatabase:
    def test_who_has_stopped_asking_is_forgotten(self, database: str) -> None:
        del database
        store = DatabaseStore()
        store.take("gone", FOUR_A_SECOND, NOW)
        store.take("here", FOUR_A_SECOND, NOW + FORGET_AFTER_US + SECOND_US)
        store.take("here", FOUR_A_SECOND, NOW + 2 * FORGET_AFTER_US + SECOND_US + 1)
        assert list(Pace.objects.values_list("key", flat=True)) == ["here"]

    def test_not_too_many_at_a_time(self, database: str) -> None:
        del database
        Pace.objects.bulk_create(Pace(key=str(number), until_us=1) for number in range(PRUNED_AT_ONCE + 10))
        assert DatabaseStore.prune(NOW) == PRUNED_AT_ONCE
        assert DatabaseStore.prune(NOW) == 10


class TestRedis:
    def test_who_has_stopped_asking_is_forgotten(self, redis_url: str) -> None:
        store = RedisStore(redis_url)
        store.take("fleeting", FOUR_A_SECOND, NOW)
        left_ms: Any = store._redis.pttl("meet:pace:fleeting")
        assert 0 < left_ms <= (SECOND_US + FORGET_AFTER_US) // 1000

    def test_without_it_the_database_counts(self, db: None, caplog: pytest.LogCaptureFixture) -> None:
        del db
        store = SafeStore(RedisStore(f"redis://127.0.0.1:{free_port()}/0"), DatabaseStore())
        assert [store.take("safe", Limit(2, 1), NOW) for _ in range(3)] == [None, None, 500_000]
        assert "Redis can't be reached" in caplog.text

    def test_it_is_used_where_it_is_configured(self, redis_url: str) -> None:
        """No database is allowed here."""
        store = rate_limit._store(redis_url)
        assert store is rate_limit._store(redis_url)
        assert store.take("configured", Limit(1, 1), NOW) is None


class TestWholeSeconds:
    def test_the_time_to_wait_is_rounded_up(self, db: None) -> None:
        del db
        now = dt.datetime(2030, 6, 21, 10, tzinfo=dt.UTC)
        assert [rate_limit.take("whole", FOUR_A_SECOND, now) for _ in range(5)] == [0, 0, 0, 0, 1]
        assert [rate_limit.take("slow", Limit(1, 60), now) for _ in range(2)] == [0, 60]
        assert rate_limit.take("slow", Limit(1, 60), now + dt.timedelta(seconds=58.5)) == 2
