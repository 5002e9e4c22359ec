"""Whole installations for a test: a database of its own, SQLite or PostgreSQL, and a data folder."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from django.core.management import call_command
from django.db import connections
from django.db.utils import ConnectionHandler

from meet.conf.database import database_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.conf import LazySettings


@contextmanager
def installed(folder: Path, url: str, settings: LazySettings) -> Iterator[None]:
    """`default` and the data folder are this installation's meanwhile. SQLite where `url` is empty."""
    folder.mkdir(exist_ok=True)
    before, kept = connections["default"], connections.settings["default"]
    handler = ConnectionHandler({"default": database_settings(url, folder)})
    connections.settings["default"], connections["default"] = handler.settings["default"], handler["default"]
    old = settings.DATA_DIR, settings.MEDIA_ROOT
    settings.DATA_DIR, settings.MEDIA_ROOT = folder, folder / "files"
    try:
        yield
    finally:
        connections["default"].close()
        connections.settings["default"], connections["default"] = kept, before
        settings.DATA_DIR, settings.MEDIA_ROOT = old


def tables() -> None:
    """What `manage.py setup` makes of an empty database. Of SQLite the first one is copied: migrating takes seconds."""
    database = connections["default"]
    made = Path(os.environ["MEET_DATA_DIR"]) / "migrated.sqlite3"  # of this process (tests.settings)
    if database.vendor == "sqlite" and made.exists():
        database.close()
        shutil.copyfile(made, database.settings_dict["NAME"])
        return
    call_command("migrate", interactive=False, verbosity=0)
    if database.vendor == "sqlite":
        with database.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(made)])


@contextmanager
def another_database(url: str, name: str) -> Iterator[str]:
    """A new, empty one beside that of a PostgreSQL URL; its URL."""
    with psycopg.connect(url, autocommit=True) as cluster:
        cluster.execute(f'CREATE DATABASE "{name}"')
        try:
            yield f"{url.rpartition('/')[0]}/{name}"
        finally:
            cluster.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
