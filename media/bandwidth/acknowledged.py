"""The rate at which packets arrive at a receiver, by its own clock."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

WINDOW_S: Final = 0.5
"""Long enough for several pictures, so that the rate of a video of 12 pictures a second does not swing with each."""
BUSY_WINDOW_S: Final = 0.2
"""While packets queue, arrivals have no gaps, and a shorter time tells the bottleneck's rate."""
MAX_SPAN_S: Final = 2.0
KEEP_S: Final = 1.0
TRIM_AT: Final = 4096
"""So many arrivals are held at most: more in a second is 40 Mbit/s, and then half of them tell the same."""


class AcknowledgedRate:
    """Arrivals of the last second: `rate_bps` is their mean rate, `busy_bps` the rate while the link never rests."""

    __slots__ = ("_at", "_bytes", "_certain_from", "_first", "_total")

    def __init__(self) -> None:
        self._at: list[float] = []
        self._bytes: list[int] = []
        self._first = 0.0
        self._certain_from = -math.inf
        self._total = 0

    def reset(self) -> None:
        """The receiver's clock or the path is another one: what was known says nothing any more."""
        self.__init__()  # type: ignore[misc]

    def add(self, arrived: Sequence[float], sizes: Sequence[int], *, certain: bool) -> None:
        """Packets that arrived, as columns. One that is older than the newest one counts as if it came with it.

        Not `certain` are sizes with bytes that nothing is told of, which may have been lost.
        """
        at, totals, total = self._at, self._bytes, self._total
        if not at:
            self._first = arrived[0]
        newest = at[-1] if at else arrived[0]
        for when, size in zip(arrived, sizes, strict=True):
            if when > newest:  # noqa: PLR1730 - max() takes longer, a packet
                newest = when
            total += size
            at.append(newest)
            totals.append(total)
        self._total = total
        if not certain:
            self._certain_from = newest
        if len(at) > 64 and (at[32] < newest - KEEP_S or len(at) > TRIM_AT):
            keep = max(min(self._after(newest - KEEP_S) - 1, len(at) - 8), len(at) - TRIM_AT // 2)
            del at[:keep], totals[:keep]

    def changed(self, at_s: float) -> None:
        """The link carries less since this arrival: what came before it says nothing of what it carries now."""
        self._certain_from = max(self._certain_from, at_s)

    def _after(self, when: float) -> int:
        """The index of the first arrival after this moment."""
        at = self._at
        low, high = 0, len(at)
        while low < high:
            middle = (low + high) // 2
            if at[middle] <= when:
                low = middle + 1
            else:
                high = middle
        return low

    def rate_bps(self) -> int | None:
        """What arrived in the last half second, None before that much time has been seen."""
        at = self._at
        if not at or at[-1] - self._first < WINDOW_S:
            return None
        return self._rate_since(WINDOW_S)

    def busy_bps(self) -> int | None:
        """The rate of the last 0.2 s; None if too few have arrived, or it is not certain."""
        at = self._at
        if len(at) < 3 or at[-3] < self._certain_from:
            return None
        return self._rate_since(min(BUSY_WINDOW_S, at[-1] - self._certain_from))

    def _rate_since(self, window_s: float) -> int | None:
        """From the last arrival that is so old to the newest one: also right where arrivals are few."""
        at = self._at
        start = max(0, self._after(at[-1] - window_s) - 1) if at else 0
        if len(at) - start < 3:
            start = max(0, len(at) - 3)
        if len(at) - start < 3:
            return None
        span = at[-1] - at[start]
        if span < BUSY_WINDOW_S / 4 or span > MAX_SPAN_S:
            return None
        return int((self._total - self._bytes[start]) * 8 / span)
