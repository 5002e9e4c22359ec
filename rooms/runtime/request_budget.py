"""How much one client may ask for, and how often somebody may come in: token buckets, without a clock of their own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from rooms.state.recent import Recent

if TYPE_CHECKING:
    from rooms.protocol import Request

# So many requests at once, and so many a second for long.
REQUEST_BURST: Final = 400
REQUESTS_PER_S: Final = 100
# What everybody in the room hears about costs everybody, and so does what goes through everybody.
HEARD_BY_ALL_COST: Final = 5
# A track takes some 70 µs to make: what somebody sends is made a track of for each who is in, and a choice of language
# has one for each interpreter. A thousand listeners choose at the same moment, but nobody for ever.
MAKES_MEDIA_COST: Final = 20
# So often somebody may come in at once, and once in so many seconds for long: a person with a bad connection, or with
# two windows, never gets there; a page that joins whenever it may does within seconds.
JOIN_BURST: Final = 8
SECONDS_PER_JOIN: Final = 20.0
# Each join beyond that waits a second longer than the one before; after so many it is refused.
MAX_SLOW_JOINS: Final = 6
# Joins are counted for so many participants of a node, those who joined last.
MAX_COUNTED: Final = 20_000


def cost_of(request: Request) -> int:
    """How many tokens a request takes beside the one that any frame takes."""
    if request.makes_media:
        return MAKES_MEDIA_COST - 1
    return HEARD_BY_ALL_COST - 1 if request.heard_by_all or request.looks_at_all else 0


class RequestBudget:
    """Full at first. `now` is in seconds from anywhere."""

    def __init__(self) -> None:
        self._tokens: float = REQUEST_BURST
        self._last: float | None = None

    def take(self, now: float, tokens: int = 1) -> bool:
        """Whether so much more is within the limits; if not, nothing is taken."""
        if self._last is not None:
            self._tokens = min(REQUEST_BURST, self._tokens + (now - self._last) * REQUESTS_PER_S)
        self._last = now
        if self._tokens < tokens:
            return False
        self._tokens -= tokens
        return True


class JoinBudget:
    """How often participants come into rooms; the key says who and where. `now` is in seconds from anywhere."""

    def __init__(self) -> None:
        self._left: Recent[tuple[float, float]] = Recent(MAX_COUNTED)

    def take(self, key: str, now: float) -> float | None:
        """Count a join. Returns the seconds that it has to wait, mostly 0; None for too often, which counts nothing."""
        left, since = self._left.get(key, (float(JOIN_BURST), now))
        left = min(float(JOIN_BURST), left + (now - since) / SECONDS_PER_JOIN) - 1
        if left < -MAX_SLOW_JOINS:
            return None
        self._left.keep(key, (left, now))
        return float(max(0, math.ceil(-left)))
