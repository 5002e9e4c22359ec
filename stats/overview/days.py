"""Days of UTC, and what happened in each."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

# How many days a page may show.
PERIODS: Final = (7, 30, 90)
DEFAULT_PERIOD: Final = 30
DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True)
class DaySums:
    """`seconds` that participants were in rooms, most participants at the same time (`peak`), rooms, and sessions.

    `lost` of the sessions have no end but their last mark, because their node was gone. `failed_events` were not taken
    by a webhook's receiver at the first attempt.
    """

    seconds: int = 0
    peak: int = 0
    rooms: int = 0
    sessions: int = 0
    lost: int = 0
    failed_events: int = 0


def last_days(today: dt.date, count: int) -> list[dt.date]:
    """That many days, oldest first; the last is today."""
    return [today - DAY * back for back in range(count - 1, -1, -1)]


def bounds(day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """When a day begins, and when the next one does."""
    start = dt.datetime.combine(day, dt.time(), dt.UTC)
    return start, start + DAY


def period(text: str) -> int:
    """The number of days that an address asks for; the default for anything else than one of `PERIODS`."""
    return next((days for days in PERIODS if text == str(days)), DEFAULT_PERIOD)
