"""Where a node runs: a lock in its data folder, which one process at a time has, and which ends with its process.

A process that has the lock knows that the one before it has ended, also by `kill -9`, and need not wait for its lease.
A name in another data folder, or on another machine, is another place.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final

from meet.errors import AppError

if TYPE_CHECKING:
    from io import BufferedRandom

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_MARK_BYTES: Final = 16


class PlaceTaken(AppError):
    """Another process has the lock."""


class Place:
    """The lock of the node `name` in a data folder, from `hold` until `close` or the process's end."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / f"node-{name}.lock"
        self._name = name
        self._file: BufferedRandom | None = None

    def hold(self) -> str:
        """Take the lock; the place's name. Raises `PlaceTaken` or `OSError`."""
        # Never truncated, and never removed: who waits for the lock would hold it on another file.
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        file = self._file = os.fdopen(descriptor, "r+b")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            _, _, process = file.read().decode(errors="replace").partition(" ")
            self.close()
            raise PlaceTaken(
                "nodeRuns",
                f"{self._name} runs already on this data folder (process {process.strip() or 'unknown'}).",
                hint="End that process, or give this node a name and a data folder of its own "
                "(MEET_NODE_NAME, MEET_DATA_DIR).",
            ) from error
        mark = file.read().decode(errors="replace").partition(" ")[0] or secrets.token_hex(_MARK_BYTES)
        file.seek(0)
        file.truncate()
        file.write(f"{mark} {os.getpid()}\n".encode())
        file.flush()
        # A data folder that two machines share is two places: not every network file system has locks.
        return hashlib.sha256(f"{mark} {_boot_id()}".encode()).hexdigest()[:32]

    def close(self) -> None:
        """Give the lock back. Idempotent."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _boot_id() -> str:
    """What tells this run of this machine from all others; empty on systems that have none."""
    with contextlib.suppress(OSError):
        return _BOOT_ID.read_text(encoding="ascii").strip()
    return ""
