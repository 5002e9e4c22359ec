"""Makes an archive of what is here, while everything runs."""

from __future__ import annotations

import os
import sys
import tempfile
import tomllib
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from django.conf import settings
from django.db import connection

from meet.backup.archive import FORMAT, Manifest, Table, Writer
from meet.backup.databases import snapshot
from meet.backup.files import FILES, files_of
from meet.backup.rows import applied_migrations, dump, label_of, models_at, unreadable_in
from meet.config import PROJECT

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

STDOUT: Final = "-"


class BackupError(Exception):
    """There can be no backup; the message is a full sentence."""


class Made(NamedTuple):
    """What is in a backup: rows, files, bytes of files; secrets that no key of ours reads; files gone meanwhile."""

    rows: int
    files: int
    size: int
    unreadable: int
    vanished: int


def version() -> str:
    """This version of the product."""
    return str(tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def back_up(target: str, now: dt.datetime, tell: Callable[[str], None], *, recordings: bool = True) -> Made:
    """Write an archive to a file that isn't there yet, or (`-`) to standard output.

    The file is there once it is whole. `tell` hears how far it is. Raises `BackupError`, `OSError`,
    `UnknownMigrationsError` and `django.db.Error`.
    """
    with _output(target) as file, closing(Writer(file, now)) as writer:
        with snapshot():
            migrations = applied_migrations()
            if not migrations:
                raise BackupError("The database has no tables yet, so there is nothing to save.")
            tables, unreadable = [], 0
            for model in models_at(migrations):
                tables.append(Table(label_of(model), _write(writer, model, tell)))
                unreadable += unreadable_in(model)
        files, size, vanished = _add_files(writer, tell, recordings=recordings)
        writer.finish(
            Manifest(
                format=FORMAT,
                version=version(),
                made_at=now.isoformat(timespec="seconds"),
                database=connection.vendor,
                migrations=migrations,
                tables=tables,
                recordings="inBucket" if settings.CONFIG.s3_bucket else "included" if recordings else "leftOut",
                entries=writer.entries,
            )
        )
    return Made(sum(table.rows for table in tables), files, size, unreadable, vanished)


def _add_files(writer: Writer, tell: Callable[[str], None], *, recordings: bool) -> tuple[int, int, int]:
    """How many files were added, how large they are, and how many have gone meanwhile."""
    files = size = vanished = 0
    for name, path in files_of(settings.DATA_DIR, recordings=recordings):
        if writer.add(f"{FILES}/{name}", path):
            files += 1
            size += writer.entries[-1].size
            tell(f"{files} files, {size // 1_000_000} MB")
        else:
            vanished += 1
    return files, size, vanished


def _write(writer: Writer, model: type, tell: Callable[[str], None]) -> int:
    rows = -1  # the first line names the columns
    with writer.entry(f"database/{label_of(model)}", compressed=True) as entry:
        for line in dump(model):
            entry.write(line)
            rows += 1
            if rows % 1000 == 0:
                tell(f"{label_of(model)}: {rows} rows")
    return rows


@contextmanager
def _output(target: str) -> Iterator[IO[bytes]]:
    if target == STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(target).resolve()
    if path.is_relative_to(settings.DATA_DIR):
        raise BackupError(f"{path} is in the data folder, which is what is saved. Name a file elsewhere.")
    if path.exists():
        raise BackupError(f"{path} is there already. Name a new file, or delete it first.")
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(draft).rename(path)
    finally:
        Path(draft).unlink(missing_ok=True)
