"""A link that has become narrow, found by a single burst of ours: how fast its packets come out behind a queue.

A trend needs groups, and before a full queue each of them is told of later by as long as the queue is. But the packets
of one picture leave together, so that behind a queue they arrive as fast as the link carries them. What a radio link
holds up for a moment arrives at once instead.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from media.bandwidth.arrival_groups import BURST_S

if TYPE_CHECKING:
    from collections.abc import Sequence

PACKETS: Final = 4
SPAN_S: Final = 0.05
"""A burst tells a rate with so many packets that arrived, over so long: by the last of them, the first may have passed
before the link became narrow."""
EVEN: Final = 0.6
"""But not if so much of that time passed between two of them: something held them up, and the link did not."""


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

    @property
    def rate_bps(self) -> float:
        """How fast the newest burst arrives; 0 as long as it does not tell."""
        arrived = self._arrived
        first = len(arrived) - PACKETS
        while first > 0 and arrived[-1] - arrived[first] < SPAN_S:
            first -= 1
        spread_s = arrived[-1] - arrived[first] if first >= 0 else 0.0
        if spread_s < SPAN_S:
            return 0.0
        longest_s = max(after - before for before, after in pairwise(arrived[first:]))
        return sum(self._sizes[first + 1 :]) * 8 / spread_s if longest_s < EVEN * spread_s else 0.0
