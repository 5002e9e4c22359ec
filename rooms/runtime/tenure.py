"""Whether this process is still the node that it is called: what it knows of its lease. Pure.

Times are seconds of a clock that goes on while the machine sleeps (`CLOCK_BOOTTIME`).
"""

from __future__ import annotations

import math
from enum import Enum, auto


class Standing(Enum):
    """How things are with the name."""

    STARTING = auto()
    HELD = auto()
    # The lease has run out, and nothing has been asked since: the process was stopped, or the machine slept.
    UNKNOWN = auto()
    # The database can't be asked. Nobody can take the name or be sent elsewhere without it, so rooms go on.
    UNASKABLE = auto()
    LOST = auto()


class Tenure:
    """One process's time as the node of a name. `lease_s` is how long a renewed lease lasts."""

    def __init__(self, lease_s: float) -> None:
        self.epoch = 0
        self.lost_because = ""
        self._lease_s = lease_s
        self._renewed_at = -math.inf
        self._failed_at = -math.inf

    def renewed(self, epoch: int, asked_at: float) -> None:
        """The database says that the name is ours, in answer to what it was asked at a time."""
        self.epoch = epoch
        self.lost_because = ""
        self._renewed_at = asked_at

    def failed(self, at: float) -> None:
        """The database did not answer."""
        self._failed_at = at

    def lost(self, why: str) -> None:
        """Another process has the name now; `why` is a sentence for people."""
        self.lost_because = why

    def standing(self, now: float) -> Standing:
        """How things are."""
        if self.lost_because:
            return Standing.LOST
        if not self.epoch:
            return Standing.STARTING
        if now - self._renewed_at < self._lease_s:
            return Standing.HELD
        return Standing.UNASKABLE if now - self._failed_at < self._lease_s else Standing.UNKNOWN

    def serves(self, now: float) -> bool:
        """Whether people may come in, and whoever asks about rooms may believe what they hear."""
        return self.standing(now) in {Standing.HELD, Standing.UNASKABLE}

    def accepts(self, epoch: int) -> bool:
        """Whether a ticket is for this very tenure; one without an epoch (0) is from a release that knew of none."""
        return epoch in {0, self.epoch}


class Unleased(Tenure):
    """Of a node that has no database: it is always what it says."""

    def __init__(self) -> None:
        super().__init__(math.inf)

    def standing(self, now: float) -> Standing:  # noqa: ARG002 - the same at all times
        """How things are."""
        return Standing.HELD

    def accepts(self, epoch: int) -> bool:  # noqa: ARG002 - there is one only
        """Whether a ticket is for this node."""
        return True
