"""The period that statistics are asked for, in whole seconds."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST: Final = (datetime.min.replace(tzinfo=UTC) - EPOCH) // timedelta(seconds=1)
LATEST: Final = (datetime.max.replace(tzinfo=UTC) - EPOCH) // timedelta(seconds=1)
_INSTANT: Final = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)T(?P<time>\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)(?P<offset>Z|[+ -]\d\d(?::?\d\d)?)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Period:
    """From `start` on and before `end`, in Unix time (s)."""

    start: int
    end: int

    @property
    def started_at(self) -> datetime:
        """When it starts."""
        return EPOCH + timedelta(seconds=self.start)

    @property
    def ended_at(self) -> datetime:
        """When it ends."""
        return EPOCH + timedelta(seconds=self.end)

    def before(self, seconds: int) -> datetime:
        """So long before it starts, or the calendar's beginning."""
        return EPOCH + timedelta(seconds=max(self.start - seconds, EARLIEST))

    def clip(self, start: datetime, end: datetime) -> tuple[int, int]:
        """Two times in Unix time (whole s), as far as they lie within the period."""
        first = max(math.floor(_unix(start)), self.start)
        return first, max(first, min(math.floor(_unix(end)), self.end))


def period(start: datetime, end: datetime) -> Period:
    """The whole seconds that two times touch. Raises `ValueError` where the second is not the later one.

    The spec's examples write the end of a day as 23:59:59.99: to its last second, so that days join without a gap.
    """
    if end <= start:
        raise ValueError("The period ends before it starts: `to` must be later than `from`.")
    return Period(math.floor(_unix(start)), min(math.ceil(_unix(end)), LATEST))


def instant(text: str) -> datetime:
    """A time as ISO 8601 has it, with its offset: 2021-06-21T00:00:00.0Z, 2021-06-21T02:00:00+02:00.

    A blank instead of the plus is what becomes of `+` in an address. Raises `ValueError` for anything else.
    """
    match = _INSTANT.fullmatch(text.strip())
    if match is None:
        raise ValueError("Give a time with its offset, such as 2021-06-21T00:00:00.0Z or 2021-06-21T02:00:00+02:00.")
    offset = match["offset"].upper().replace(" ", "+")
    try:
        return datetime.fromisoformat(f"{match['date']}T{match['time']}{offset}").astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("No calendar or clock has this time.") from error


def _unix(time: datetime) -> float:
    return (time - EPOCH) / timedelta(seconds=1)
