"""Appending to files in a thread of its own, so that a slow disk never holds up packets.

What `write(2)` has taken survives the end of the process, whatever ends it; only a power cut can take back more.
"""

from __future__ import annotations

import logging
import shutil
import threading
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import BinaryIO

logger = logging.getLogger(__name__)

# Below this much free space captures end, so that the database and all else on the disk go on.
MIB: Final = 1024 * 1024
MIN_FREE_BYTES: Final = 512 * MIB

DiskProblem = Literal["diskFull", "writeError"]


def free_bytes(folder: Path) -> int:
    """How much fits onto the disk of a folder. Raises `OSError`."""
    return shutil.disk_usage(folder).free


@dataclass
class Appending:
    """A file that grows, opened with its first bytes."""

    path: Path
    file: BinaryIO | None = field(default=None, repr=False)

    def append(self, data: bytes | bytearray) -> None:
        """Write all of it. Raises `OSError`."""
        if self.file is None:
            self.file = self.path.open("ab", buffering=0)
        view = memoryview(data)
        while view:
            view = view[self.file.write(view) :]

    def close(self) -> None:
        """Close it; what was written stays."""
        if self.file is not None:
            self.file.close()
            self.file = None


@dataclass(frozen=True)
class Batch:
    """What one capture has for its files, and which of them end with it.

    `on_problem` and `on_written` are called in the disk's thread. The `last` one is written to a full disk, too.
    """

    folder: Path
    pieces: Sequence[tuple[Appending, bytes | bytearray]]
    on_problem: Callable[[DiskProblem], None]
    ending: Sequence[Appending] = ()
    last: bool = False
    on_written: Callable[[], None] | None = None


class DiskWriter:
    """One a node, started with its first batch. `put` never waits."""

    def __init__(self, min_free_bytes: int = MIN_FREE_BYTES, free: Callable[[Path], int] = free_bytes) -> None:
        self._min_free_bytes = min_free_bytes
        self._free = free
        self._queue: SimpleQueue[Batch | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._put_bytes = 0
        self._written_bytes = 0

    @property
    def backlog_bytes(self) -> int:
        """What was put and is not written yet."""
        return self._put_bytes - self._written_bytes

    def room_for(self, folder: Path) -> bool:
        """Whether a capture may begin in this folder."""
        try:
            return self._free(folder) >= self._min_free_bytes
        except OSError:
            return False

    def put(self, batch: Batch) -> None:
        """Write this after all that was put before."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="captures", daemon=True)
            self._thread.start()
        self._put_bytes += _size(batch)
        self._queue.put(batch)

    def close(self) -> None:
        """Wait until everything is written. Idempotent."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while (batch := self._queue.get()) is not None:
            problem = self._write(batch)
            self._written_bytes += _size(batch)
            if problem is not None:
                batch.on_problem(problem)
            if batch.on_written is not None:
                batch.on_written()

    def _write(self, batch: Batch) -> DiskProblem | None:
        """What went wrong, if anything."""
        problem: DiskProblem | None = None
        for target, data in batch.pieces:
            try:
                target.append(data)
            except OSError as error:
                logger.warning("A recording can't be written (%s)", error.strerror)
                problem = "writeError"
        for target in batch.ending:
            target.close()
        if problem is None and not batch.last and not self.room_for(batch.folder):
            problem = "diskFull"
        return problem


def _size(batch: Batch) -> int:
    return sum(len(data) for _, data in batch.pieces)
