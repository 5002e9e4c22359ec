"""`manage.py setup`: several at once migrate once, and a migration holds nobody up who uses a table."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction

from meet.config import PROJECT
from meet.run import migrating
from tests.meet.installations import another_database, installed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.conf import LazySettings
    from pytest_django import DjangoDbBlocker


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield ""
    else:
        with another_database(request.getfixturevalue("postgresql_url"), tmp_path.name) as database:
            yield database


@pytest.mark.long
def test_processes_that_start_together_migrate_once_and_make_one_administrator(
    url: str, tmp_path: Path, settings: LazySettings, django_db_blocker: DjangoDbBlocker
) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MEET_", "DJANGO_"))}
    environment |= {"MEET_DATA_DIR": str(tmp_path / "data"), "MEET_DATABASE_URL": url}
    command = [sys.executable, "manage.py", "setup"]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    started = [subprocess.Popen(command, cwd=PROJECT, env=environment, **pipes) for _ in range(3)]
    told = [process.communicate(timeout=110)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], told
    assert sum("First administrator" in text for text in told) == 1
    with installed(tmp_path / "data", url, settings), django_db_blocker.unblock():
        assert User.objects.count() == 1


class TestLocks:
    """On PostgreSQL, where whoever waits for a table's lock stops all who come later."""

    @pytest.fixture
    def database(
        self, postgresql_url: str, tmp_path: Path, settings: LazySettings, django_db_blocker: DjangoDbBlocker
    ) -> Iterator[None]:
        with (
            another_database(postgresql_url, tmp_path.name) as url,
            installed(tmp_path / "data", url, settings),
            django_db_blocker.unblock(),
        ):
            with connection.cursor() as cursor:
                cursor.execute("CREATE TABLE held (id integer)")
            yield

    @pytest.mark.usefixtures("database")
    def test_a_migration_that_can_not_have_a_table_lets_others_pass_and_tries_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(migrating, "LOCK_TIMEOUT", "50ms")
        monkeypatch.setattr(migrating, "PAUSE_S", 0.0)
        tried: list[str] = []
        holding, release = threading.Event(), threading.Event()

        def hold() -> None:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("INSERT INTO held VALUES (1)")
                holding.set()
                release.wait(30)
            connection.close()

        def lock_the_table(*_arguments: object, **_options: object) -> None:
            tried.append("")
            with transaction.atomic(), connection.cursor() as cursor:
                if len(tried) == 3:
                    release.set()
                    thread.join(30)
                cursor.execute("LOCK TABLE held IN ACCESS EXCLUSIVE MODE")

        thread = _in_thread(hold)
        assert holding.wait(30)
        monkeypatch.setattr(migrating, "call_command", lock_the_table)
        migrating.migrate()
        assert len(tried) == 3
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == ("0",)

    @pytest.mark.usefixtures("database")
    def test_another_error_is_no_reason_to_try_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        tried: list[str] = []

        def fail(*_arguments: object, **_options: object) -> None:
            tried.append("")
            raise OperationalError("the disk is full")

        monkeypatch.setattr(migrating, "call_command", fail)
        with pytest.raises(OperationalError):
            migrating.migrate()
        assert len(tried) == 1


def _in_thread(function: Any) -> threading.Thread:
    """A thread whose `default` is this one's database."""
    from django.db import connections  # noqa: PLC0415
    from django.db.utils import ConnectionHandler  # noqa: PLC0415

    settings = dict(connection.settings_dict)

    def work() -> None:
        connections["default"] = ConnectionHandler({"default": settings})["default"]
        function()

    thread = threading.Thread(target=work)
    thread.start()
    return thread
