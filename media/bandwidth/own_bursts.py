"""A link that has become narrow, found by a single burst of ours: how fast its packets come out behind a queue.

A trend needs groups, and before a full queue each of them is told of later by as long as the queue is. But the packets
of one picture leave together, so that behind a queue they arrive as fast as the link carries them. What a radio link
holds up for a moment arrives at once instead.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from media.bandwidth.arrival_groups import BURST_S

if TYPE_CHECKING:
    from collections.abc import Sequence

PACKETS: Final = 3
SPAN_S: Final = 0.025
NOISES: Final = 4.0
"""A burst tells a rate with so many packets that arrived, over so long and so many times what delays vary by."""
EVEN: Final = 1.5
"""And only if the longest time between two of them is at most so many times the shortest. Else something held them up,
and the link did not, or the first of them passed before it became narrow."""


class OwnBursts:
    """Rows of feedback come by `add` while delays are unusual, else `reset` is called."""

    __slots__ = ("_arrived", "_first_sent", "_sizes")

    def __init__(self) -> None:
        # Of the newest burst.
        self._first_sent = -math.inf
        self._arrived: list[float] = []
        self._sizes: list[int] = []

    def reset(self) -> None:
        """The next packet begins a burst."""
        if self._arrived:
            self._first_sent = -math.inf
            self._arrived.clear()
            self._sizes.clear()

    def add(self, sent: Sequence[float], arrived: Sequence[float], sizes: Sequence[int]) -> None:
        """Packets that arrived, in order of sending."""
        for departure, arrival, size in zip(sent, arrived, sizes, strict=True):
            if departure < self._first_sent:
                continue
            if departure - self._first_sent > BURST_S or arrival < self._arrived[-1]:
                self._first_sent = departure
                self._arrived.clear()
                self._sizes.clear()
            self._arrived.append(arrival)
            self._sizes.append(size)

    def rate(self, noise_s: float) -> tuple[float, float] | None:
        """How fast the newest burst arrives, in bits/s, and since which arrival; None as long as it does not tell.

        Delays vary by `noise_s`.
        """
        arrived = self._arrived
        span_s = SPAN_S + NOISES * noise_s
        first = len(arrived) - 1
        shortest_s, longest_s = math.inf, 0.0
        while first > 0 and arrived[-1] - arrived[first] < span_s:
            first -= 1
            gap_s = arrived[first + 1] - arrived[first]
            shortest_s, longest_s = min(shortest_s, gap_s), max(longest_s, gap_s)
            if longest_s > EVEN * shortest_s:
                return None
        if len(arrived) - first < PACKETS or arrived[-1] - arrived[first] < span_s:
            return None
        return sum(self._sizes[first + 1 :]) * 8 / (arrived[-1] - arrived[first]), arrived[first]
