"""Fixtures for all tests. A real PostgreSQL is started where its programs are installed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import hypothesis
import pytest
import redis
from asgiref.sync import SyncToAsync
from django.core.management import call_command
from django.db import connections
from django.test import TransactionTestCase

import meet.celery  # noqa: F401 - the application of all tasks
from meet.database_writer import DatabaseWriter
from tests.database import default_database, empty_tables
from tests.postgresql import NotInstalledError, running_postgresql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoDbBlocker


# How long an example takes, and how long it takes to make one, is about the machine.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def _empty_redis() -> None:
    """On Redis (`tests.on_postgresql`) nothing is left of the test before."""
    if "TEST_REDIS_URL" in os.environ:
        with redis.Redis.from_url(os.environ["MEET_REDIS_URL"]) as client:
            client.flushdb()


@pytest.fixture(scope="session", autouse=True)
def _patient_writers() -> Iterator[None]:
    """What is to be written at the end is written, however slow the machine."""
    defaults = DatabaseWriter.__init__.__kwdefaults__
    assert defaults is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(defaults, "flush_s", 60.0)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """The test's database; at its end nobody holds it: asgiref's thread, which lives on, has had a connection."""
    del django_db_setup
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result(60)


@pytest.fixture(scope="session", autouse=True)
def _quickly_emptied() -> Iterator[None]:
    """Tests with real commits leave nothing behind, without what Django's `flush` does beside."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _self: empty_tables())
        yield


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A private PostgreSQL cluster on a free port; skips the test where PostgreSQL is not installed."""
    try:
        with running_postgresql("--locale=C") as url:
            yield url
    except NotInstalledError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def postgresql_with_tables(postgresql_url: str, django_db_blocker: DjangoDbBlocker) -> str:
    """That of `postgresql_url`, migrated."""
    with default_database(postgresql_url), django_db_blocker.unblock():
        call_command("migrate", interactive=False, verbosity=0)
    return postgresql_url


@pytest.fixture
def postgresql(postgresql_with_tables: str, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The default database is a PostgreSQL with empty tables for this test, in all threads; its URL."""
    with default_database(postgresql_with_tables), django_db_blocker.unblock():
        yield postgresql_with_tables
        empty_tables(ids_again=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, transactional_db: None) -> str:  # noqa: ARG001 - SQLite's part
    """Runs a test on both databases, with real commits; its name."""
    if request.param == "postgresql":
        request.getfixturevalue("postgresql")
    elif connections["default"].vendor != "sqlite":
        pytest.skip("all tests run on PostgreSQL")
    return str(request.param)
