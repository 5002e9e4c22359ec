"""Which processes of this machine keep failing: the supervisor writes it down, web tells it to whoever watches.

It is a file, because the database may be what they fail for.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = logging.getLogger(__name__)

FILE: Final = "processes.json"


@dataclass(frozen=True)
class Failing:
    """A role that has ended `failures` times without having run properly, first at `since` (Unix time, seconds)."""

    role: str
    failures: int
    exit_code: int
    since: float

    @property
    def since_at(self) -> dt.datetime:
        """The same as a date."""
        return dt.datetime.fromtimestamp(self.since, dt.UTC)


@dataclass(frozen=True)
class _Note:
    supervisor: int  # its pid: what a dead one has noted says nothing
    failing: list[Failing]


def note(folder: Path, failing: Sequence[Failing]) -> None:
    """By the supervisor: these fail at the moment. What can't be written, on a full disk for example, is logged."""
    path = folder / FILE
    try:
        if not failing:
            path.unlink(missing_ok=True)
            return
        descriptor, draft = tempfile.mkstemp(prefix=f"{FILE}.", dir=folder)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(_Note(os.getpid(), list(failing))))
        Path(draft).replace(path)
    except OSError as error:
        logger.warning("Which processes fail can't be noted: %s", error)


def failing_in(folder: Path) -> list[Failing]:
    """By everybody else: what fails at the moment; nothing where no supervisor runs."""
    try:
        told = msgspec.json.decode((folder / FILE).read_bytes(), type=_Note)
        os.kill(told.supervisor, 0)
    except (OSError, msgspec.MsgspecError, OverflowError):
        return []
    return told.failing
