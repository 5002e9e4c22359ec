"""How a process that listens nowhere shows that it is there: a file that it writes every few seconds.

It is in the data folder, and `manage.py ready worker` reads it: for probes of containers and units. A process that
hangs, or whose work fails for
long, writes it no more or writes what is wrong.
"""

from __future__ import annotations

import logging
import os
import socket
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

FOLDER: Final = "heartbeats"
BEAT_S: Final = 5.0
# Several beats, and a disk or a processor that is busy.
STALE_S: Final = 30.0
# Of processes that have died since; nobody reads them any more.
FORGOTTEN_S: Final = 24 * 3600.0


class Beat(msgspec.Struct, frozen=True):
    """At `at` (Unix time, s) a process has looked at itself: the body of its `/readyz`, and whether it is ready."""

    at: float
    pid: int
    ready: bool
    body: dict[str, Any]


class Heartbeat:
    """Of one process on this machine. Call the object to beat."""

    def __init__(
        self,
        folder: Path,
        role: str,
        look: Callable[[], tuple[int, dict[str, Any]]],
        now_s: Callable[[], float] = time.time,
    ) -> None:
        """`look` gives the status and the body of `/readyz`."""
        self._folder = folder / FOLDER
        self._path = self._folder / f"{role}@{socket.gethostname()}-{os.getpid()}.json"
        self._look = look
        self._now_s = now_s

    def __call__(self) -> None:
        """Look, and write down what was found. A disk that takes nothing is logged by who calls us."""
        status, body = self._look()
        self._folder.mkdir(exist_ok=True)
        beat = Beat(self._now_s(), os.getpid(), status == 200, body)
        descriptor, draft = tempfile.mkstemp(prefix=".beat.", dir=self._folder)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(beat))
        Path(draft).replace(self._path)

    def close(self) -> None:
        """There is nobody here any more. Idempotent."""
        self._path.unlink(missing_ok=True)


def newest(folder: Path, role: str, now_s: float) -> Beat | None:
    """The last beat of any process of a role on this machine; None where none has beaten lately."""
    beats = []
    for path in (folder / FOLDER).glob(f"{role}@{socket.gethostname()}-*.json"):
        try:
            beat = msgspec.json.decode(path.read_bytes(), type=Beat)
        except (OSError, msgspec.MsgspecError) as error:
            logger.warning("The heartbeat %s can't be read: %s", path.name, error)
            continue
        if now_s - beat.at < STALE_S:
            beats.append(beat)
        elif now_s - beat.at > FORGOTTEN_S:
            path.unlink(missing_ok=True)
    return max(beats, key=lambda beat: (beat.ready, beat.at), default=None)
