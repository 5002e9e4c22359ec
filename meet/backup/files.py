"""The files of the data folder: which of them are saved, and how those of an archive take their place."""

from __future__ import annotations

import os
import secrets
import shutil
from typing import TYPE_CHECKING, Final

from meet.backup.archive import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

# Below it in an archive are the files, below `database/` the tables.
FILES: Final = "data"
RECORDINGS: Final = ("captures", "files/recordings")
# What is the database's, made anew, unfinished, or (the key) to be kept elsewhere than a backup.
LEFT_OUT: Final = frozenset({"secret_key", "first_administrator", "compositions", "static", "queue", "setup.lock"})
DATABASE: Final = "meet.sqlite3"
STAGING: Final = ".restoring-"


def files_of(folder: Path, *, recordings: bool) -> Iterator[tuple[str, Path]]:
    """What is to be saved of a data folder, each with its name in the archive."""
    for path in sorted(folder.iterdir()):
        if is_saved(path.name):
            yield from _below(path, path.name, () if recordings else RECORDINGS)


def is_saved(name: str) -> bool:
    """Whether something of that name in the data folder belongs into an archive."""
    return name not in LEFT_OUT and not name.startswith((DATABASE, "."))


class Staged:
    """Files of an archive beside the data folder's own, until they take their place."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._suffix = f"{STAGING}{secrets.token_hex(4)}"
        self._names: set[str] = set()
        self._moved: list[tuple[Path, Path]] = []

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write one, for its owner only. Raises `ArchiveError` for a name that no backup has, and `OSError`."""
        top, _, rest = name.partition("/")
        if not is_saved(top):
            raise ArchiveError(f"The archive is not to be trusted: it has a file {name!r}.")
        name = f"{top}/" if rest else top
        path = self._staging(name) / (rest or top)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._names.add(name)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())

    def take_their_place(self, *, without: Iterable[str] = ()) -> None:
        """Put them there, and those that were there aside; nothing below one of `without` is touched."""
        kept = set(without)
        for name in sorted({*self._names, "files/", "captures/"}):
            top = name.rstrip("/")
            home, staged, aside = self._folder / top, self._staging(name), self._aside(name)
            if not name.endswith("/"):
                self._move(home, aside / top)
                self._move(staged / top, home)
                continue
            home.mkdir(mode=0o700, exist_ok=True)
            # The folder itself stays: it may be a disk of its own, or a link to one.
            for path in list(home.iterdir()):
                if f"{top}/{path.name}" not in kept and top not in kept and not path.name.startswith(STAGING):
                    self._move(path, aside / path.name)
            for path in list(staged.iterdir()) if staged.is_dir() else []:
                self._move(path, home / path.name)

    def undo(self) -> None:
        """Put everything back where it was."""
        while self._moved:
            source, target = self._moved.pop()
            target.rename(source)

    def discard(self) -> None:
        """Delete what is left beside: what was replaced, or what did not take its place. Idempotent."""
        for top in {"", "files", "captures", *(name.rstrip("/") for name in self._names)}:
            for kind in ("new", "old"):
                shutil.rmtree(self._folder / top / f"{self._suffix}-{kind}", ignore_errors=True)

    def _move(self, source: Path, target: Path) -> None:
        if source.exists() or source.is_symlink():
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            source.rename(target)
            self._moved.append((source, target))

    def _staging(self, name: str) -> Path:
        """On the same disk as where it will be: within a folder, beside a file."""
        return self._folder / (name if name.endswith("/") else "") / f"{self._suffix}-new"

    def _aside(self, name: str) -> Path:
        return self._folder / (name if name.endswith("/") else "") / f"{self._suffix}-old"


def _below(path: Path, name: str, without: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    """Files, however deep; links to files and folders within are left out, since they lead elsewhere."""
    if name in without or path.name.startswith(STAGING):
        return
    if path.is_dir() and (name.count("/") == 0 or not path.is_symlink()):
        for inner in sorted(path.iterdir()):
            yield from _below(inner, f"{name}/{inner.name}", without)
    elif path.is_file() and not path.is_symlink():
        yield name, path
