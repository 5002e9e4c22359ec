"""Keeps what is ours from other users of the machine: sessions, keys and recordings are in the data folder.

A folder that is shared with a group on purpose has the set-group-ID bit (`chmod 2770`), and stays the group's.
"""

from __future__ import annotations

import logging
import os
import stat
import tempfile
from pathlib import Path
from typing import Final

logger = logging.getLogger(__name__)

# By these a data folder is known; a folder of something else, such as a home directory, keeps its permissions.
OURS: Final = frozenset({"meet.sqlite3", "secret_key", "captures", "compositions"})


def make_private(folder: Path) -> None:
    """Make the folder where there is none, and close it and the files in it to others; what is made later, too.

    Raises `OSError` where it can't be made. Whose permissions can't be changed, because somebody else owns it, stays as
    it is: see `open_to_others`.
    """
    new = not folder.is_dir()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if new:
        folder.chmod(0o700)  # not even the group, where the folder above would pass on its own
    os.umask(_forbidden(folder))
    if new or not _is_ours(folder):
        return
    closed = [path for path in (folder, *_files(folder)) if _close(path)]
    if closed:
        logger.warning("The data folder %s could be read by other users of this machine; now it can't.", folder)


def open_to_others(folder: Path) -> list[Path]:
    """What other users of the machine can reach all the same: the folder and files in it, by their permissions."""
    if not _mode(folder) & _forbidden(folder):
        return []
    return [path for path in (folder, *_files(folder)) if _mode(path) & _forbidden(folder)]


def write_private(path: Path, text: str) -> None:
    """A file for its owner only, in the place of one that may be there."""
    descriptor, draft = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)  # mode 0600
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    Path(draft).replace(path)


def _is_ours(folder: Path) -> bool:
    names = {path.name for path in folder.iterdir()}
    return not _mode(folder) & stat.S_ISVTX and (not names or bool(names & OURS))


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file() and not path.is_symlink()]


def _close(path: Path) -> bool:
    """Take others' permissions away; whether there was anything to take, and it could be."""
    mode = _mode(path)
    forbidden = _forbidden(path if path.is_dir() else path.parent)
    if not mode & forbidden:
        return False
    try:
        path.chmod(stat.S_IMODE(mode) & ~forbidden)
    except OSError:
        return False
    return True


def _forbidden(folder: Path) -> int:
    """The permissions that nothing in the folder may have, as a umask."""
    return 0o007 if _mode(folder) & stat.S_ISGID else 0o077


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:  # gone meanwhile, as SQLite's files come and go
        return 0
