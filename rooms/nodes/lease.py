"""Who has a node's name: a lease that its process renews. Pure; times are the database's.

A name belongs to one process at a time. It is renewed each `BEAT` and lasts for `LEASE`, in which nobody else gets it.
Each time that somebody might have thought the holder dead, and each time that another process takes the name, its
`epoch` is a higher one: what was signed for an earlier one (a ticket, for example) counts no more (a fencing token,
Kleppmann, "How to do distributed locking", 2016).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

BEAT: Final = timedelta(seconds=1)
LEASE: Final = timedelta(seconds=5)
# A beat from later than this is from before the database's clock was set back: it says nothing.
CLOCK_SET_BACK: Final = timedelta(seconds=60)
LONG_AGO: Final = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class Claim:
    """A process that wants the name.

    `place` is where it runs: there one process at a time has the name, which a lock sees to that ends with its process.
    """

    instance: str
    place: str


@dataclass(frozen=True)
class Tenancy:
    """What a node's row says of its name: who had it last, and when that process was last heard of."""

    instance: str
    place: str
    epoch: int
    beat_at: datetime

    def holds(self, now: datetime) -> bool:
        """Whether the lease lasts, so that the process counts as alive."""
        return lasts(self.beat_at, now)


def lasts(beat_at: datetime, now: datetime) -> bool:
    """Whether a lease that was renewed at `beat_at` lasts."""
    return -CLOCK_SET_BACK < now - beat_at < LEASE


def claimed(found: Tenancy | None, claim: Claim, now: datetime) -> Tenancy | None:
    """What the row says after a process has asked for the name, or asked to keep it; None where another one has it."""
    if found is None:  # or its row was deleted: higher than any before
        return Tenancy(claim.instance, claim.place, int(now.timestamp()), now)
    if found.instance == claim.instance:
        return replace(found, epoch=found.epoch + (not found.holds(now)), beat_at=now)
    # Of two processes in one place the other has ended: this one has the lock.
    if found.holds(now) and found.place != claim.place:
        return None
    return Tenancy(claim.instance, claim.place, found.epoch + 1, now)


def released(found: Tenancy, claim: Claim) -> Tenancy:
    """What the row says after a process has given the name up; nothing else if it was another one's."""
    return replace(found, beat_at=LONG_AGO) if found.instance == claim.instance else found
