"""Fixtures for all tests. A real PostgreSQL is started where its programs are installed."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.db import connections
from django.db.utils import ConnectionHandler

from meet.database import database_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoDbBlocker

START_TIMEOUT_S = 30


def free_port() -> int:
    """A TCP port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A private PostgreSQL cluster on a free port; skips the test where PostgreSQL is not installed."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        pytest.skip("PostgreSQL is not installed")
    binaries = programs[-1].parent
    folder = tempfile.mkdtemp(prefix="meet-postgresql-")
    options: dict[str, Any] = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        owner = _somebody()
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        options |= {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    data = f"{folder}/data"
    port = free_port()
    subprocess.run(
        [str(binaries / "initdb"), "-D", data, "-U", "meet", "--auth=trust", "-E", "UTF8", "--no-sync", "--locale=C"],
        check=True,
        **options,
    )
    server = subprocess.Popen(
        [str(binaries / "postgres"), "-D", data, "-p", str(port), "-k", folder, "-h", "127.0.0.1", "-F"], **options
    )
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        ready = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        while subprocess.run(ready, check=False).returncode != 0:
            assert time.monotonic() < deadline
            assert server.poll() is None
            time.sleep(0.1)
        yield f"postgresql://meet@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait(START_TIMEOUT_S)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgresql(postgresql_url: str, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The default database is a PostgreSQL with empty tables for this test, in all threads; its URL."""
    sqlite, sqlite_settings = connections["default"], connections.settings["default"]
    handler = ConnectionHandler({"default": database_settings(postgresql_url, Path())})
    connections.settings["default"] = handler.settings["default"]
    connections["default"] = handler["default"]
    try:
        with django_db_blocker.unblock():
            call_command("migrate", interactive=False, verbosity=0)
            yield postgresql_url
            call_command("flush", interactive=False, verbosity=0)
            connections["default"].close()
    finally:
        connections.settings["default"] = sqlite_settings
        connections["default"] = sqlite


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, transactional_db: None) -> str:  # noqa: ARG001 - SQLite's part
    """Runs a test on both databases, with real commits; its name."""
    if request.param == "postgresql":
        request.getfixturevalue("postgresql")
    return str(request.param)


def _somebody() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    pytest.skip("there is no user to run PostgreSQL as")
