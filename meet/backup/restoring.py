"""Puts an archive in the place of what is here. Until the last step nothing of that is touched."""

from __future__ import annotations

import datetime as dt
import shutil
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from meet.backup.archive import ArchiveError, Reader, total
from meet.backup.databases import new_database
from meet.backup.files import FILES, RECORDINGS, Staged
from meet.backup.rows import (
    Secrets,
    label_of,
    last_of,
    load,
    models_at,
    sequences_of,
    unknown_migrations,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from meet.backup.archive import Manifest

# A node's row that was written within this time is one of a node that runs.
HEARTBEAT: Final = dt.timedelta(seconds=30)
# What `manage.py setup` makes: the default account, and the first administrator.
_MADE_BY_SETUP: Final = {"accounts_account": 1, "auth_user": 1}
_MADE_BY_ITSELF: Final = frozenset(
    {"django_migrations", "django_content_type", "auth_permission", "rooms_node", "django_session", "api_pace"}
)


class RestoreError(Exception):
    """Nothing was restored; the message is a full sentence that says why and what to do."""


class Restored(NamedTuple):
    """What was restored; `lost` secrets could not be read, and are empty or new."""

    manifest: Manifest
    rows: int
    files: int
    lost: int


def restore(
    path: Path, now: dt.datetime, tell: Callable[[str], None], *, replace: bool = False, lose_secrets: bool = False
) -> Restored:
    """Restore an archive, and bring its database to this version.

    With `replace` what is here goes. `lose_secrets` does without secrets that were encrypted with a key that we don't
    have. Raises `RestoreError`, `ArchiveError`, `InUseError`, `OSError` and `django.db.Error`.
    """
    reader = Reader(path)
    try:
        _check(reader.manifest, now, replace=replace)
        _check_space(reader)
        return _restore(reader, tell, lose_secrets=lose_secrets)
    finally:
        reader.close()


def _check(manifest: Manifest, now: dt.datetime, *, replace: bool) -> None:
    if unknown := unknown_migrations(manifest.migrations):
        name = ".".join(unknown[0])
        raise RestoreError(
            f"The archive was made by a newer version, {manifest.version}: this one does not know {name}. "
            "Install that version first."
        )
    tables = set(connection.introspection.table_names())
    if "rooms_node" in tables:
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM rooms_node WHERE heartbeat_at > %s", [_stored(now - HEARTBEAT)])
            if running := sorted(name for (name,) in cursor.fetchall()):
                raise RestoreError(
                    f"{', '.join(running)} ran half a minute ago. Stop all processes, wait 30 seconds, then restore."
                )
    if not replace and (full := _something_in(tables)):
        raise RestoreError(
            f"This installation is not empty: {full} has rows. Make a backup of it first if you may need it, then "
            "say --replace: all of it will be gone."
        )


def _stored(moment: dt.datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


def _something_in(tables: set[str]) -> str:
    """A table with rows that no `setup` makes; empty where there is none."""
    with connection.cursor() as cursor:
        for table in sorted(tables - _MADE_BY_ITSELF):
            name = connection.ops.quote_name(table)
            cursor.execute(f"SELECT count(*) FROM (SELECT 1 FROM {name} LIMIT 2) AS found")  # noqa: S608 - quoted
            if cursor.fetchone()[0] > _MADE_BY_SETUP.get(table, 0):
                return table
    return ""


def _check_space(reader: Reader) -> None:
    needed = total(reader.manifest.entries)
    free = shutil.disk_usage(settings.DATA_DIR).free
    if needed > free:
        raise RestoreError(
            f"The archive needs {needed // 1_000_000} MB beside what is there, and {settings.DATA_DIR} has "
            f"{free // 1_000_000} MB."
        )


def _restore(reader: Reader, tell: Callable[[str], None], *, lose_secrets: bool) -> Restored:
    secrets, database, files = Secrets(lost=lose_secrets), new_database(), Staged(settings.DATA_DIR)
    prefix, count = f"{FILES}/", 0
    try:
        for name in reader.entries:
            if name.startswith(prefix):
                files.add(name.removeprefix(prefix), reader.chunks(name))
                count += 1
                tell(f"{count} files")
        with database.filling():
            rows = _fill(reader, secrets, tell)
            if secrets.unreadable and not lose_secrets:
                raise RestoreError(
                    f"{secrets.unreadable} secrets in the archive (keys, headers of webhooks, …) were encrypted with "
                    "another MEET_SECRET_KEY. Set MEET_SECRET_KEY, or MEET_OLD_SECRET_KEYS, to the key of the "
                    "installation that it was made of. Where that key is lost, --lose-secrets restores all else."
                )
        untouched = () if reader.manifest.recordings == "included" else RECORDINGS
        try:
            database.replace(lambda: files.take_their_place(without=untouched))
        except BaseException:
            files.undo()
            raise
        return Restored(reader.manifest, rows, count, secrets.unreadable)
    finally:
        files.discard()
        database.discard()


def _fill(reader: Reader, secrets: Secrets, tell: Callable[[str], None]) -> int:
    """Tables as they were, with their rows, then as this version wants them."""
    migrations = reader.manifest.migrations
    tell("making tables")
    executor = MigrationExecutor(connection)
    executor.migrate(last_of(migrations))
    wanted, rows = {table.model: table.rows for table in reader.manifest.tables}, 0
    every = models_at(migrations)
    if set(wanted) != {label_of(model) for model in every}:
        raise ArchiveError("The archive is damaged: it has not the tables that its migrations make.")
    with transaction.atomic():
        _empty(every)
        for model in every:
            label = label_of(model)
            tell(f"{label}: {wanted[label]} rows")
            lost, count = secrets.unreadable, load(model, reader.lines(f"database/{label}"), secrets)
            if not count <= wanted[label] <= count + secrets.unreadable - lost:
                raise ArchiveError(f"The archive is damaged: {label} has {count} rows instead of {wanted[label]}.")
            rows += count
        with connection.cursor() as cursor:
            for statement in sequences_of(every):
                cursor.execute(statement)
    tell("migrating")
    call_command("migrate", interactive=False, verbosity=0)
    return rows


def _empty(every: list[type]) -> None:
    """What migrations themselves have put in."""
    from django.core.management.color import no_style  # noqa: PLC0415 - a name that only this needs

    tables = [model._meta.db_table for model in every]  # type: ignore[attr-defined]  # noqa: SLF001
    with connection.cursor() as cursor:
        for statement in connection.ops.sql_flush(no_style(), tables, allow_cascade=True):
            cursor.execute(statement)
