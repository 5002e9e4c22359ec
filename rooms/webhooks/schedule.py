"""When to try again, and when to give up: rules without I/O and without a clock."""

from __future__ import annotations

import datetime as dt
from typing import Final, NamedTuple

from rooms.webhooks.models import State

FIRST_PAUSE: Final = dt.timedelta(seconds=5)
FACTOR: Final = 3
LONGEST_PAUSE: Final = dt.timedelta(hours=3)
# Many that failed together must not all come back together.
SPREAD: Final = 0.2
LIFETIME: Final = dt.timedelta(days=1)
# Standard Webhooks: the receiver wants nothing any more.
GONE: Final = 410


class Verdict(NamedTuple):
    """What an attempt makes of a delivery. `due_at` is None where there is nothing more to do."""

    state: State
    due_at: dt.datetime | None


def judge(status: int | None, failures: int, happened_at: dt.datetime, now: dt.datetime, chance: float) -> Verdict:
    """An answer's status, or None for no answer, at `now`, after so many failures before it.

    `chance` is a random number from 0 to 1.
    """
    if status is not None and 200 <= status < 300:
        return Verdict(State.DELIVERED, None)
    next_at = now + pause(failures + 1, chance)
    if status == GONE or next_at > happened_at + LIFETIME:
        return Verdict(State.GIVEN_UP, None)
    return Verdict(State.FAILED, next_at)


def pause(failures: int, chance: float) -> dt.timedelta:
    """5 s after the first failure and three times as long after each further one, up to 3 h; up to a fifth off."""
    # 3 to the power of 10 is beyond the longest pause.
    planned: dt.timedelta = min(FIRST_PAUSE * FACTOR ** min(failures - 1, 10), LONGEST_PAUSE)
    return planned * (1 + SPREAD * (2 * chance - 1))
