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

PACKETS: Final = 4
SPAN_S: Final = 0.05
"""A burst tells a rate with so many packets that arrived, over so long."""
EVEN: Final = 0.6
"""But not if so much of that time passed between two of them: something held them up, and the link did not."""


class OwnBursts:
    """Rows of feedback come by `add` while delays are unusual, else `reset` is called."""

    __slots__ = ("_bytes", "_first_arrived", "_first_sent", "_last_arrived", "_longest_s", "_packets")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """The next packet begins a burst."""
        self._first_sent = self._first_arrived = self._last_arrived = -math.inf
        self._packets = self._bytes = 0
        self._longest_s = 0.0

    def add(self, sent: Sequence[float], arrived: Sequence[float], sizes: Sequence[int]) -> None:
        """Packets that arrived, in order of sending."""
        for departure, arrival, size in zip(sent, arrived, sizes, strict=True):
            if departure < self._first_sent:
                continue
            if departure - self._first_sent > BURST_S or arrival < self._last_arrived:
                self._first_sent = departure
                self._first_arrived = self._last_arrived = arrival
                self._packets = 1
                self._bytes = 0
                self._longest_s = 0.0
            else:
                self._packets += 1
                self._bytes += size
                self._longest_s = max(self._longest_s, arrival - self._last_arrived)
                self._last_arrived = arrival

    @property
    def rate_bps(self) -> float:
        """How fast the newest burst arrives; 0 as long as it does not tell."""
        spread_s = self._last_arrived - self._first_arrived if self._packets >= PACKETS else 0.0
        even = self._longest_s < EVEN * spread_s
        return self._bytes * 8 / spread_s if spread_s >= SPAN_S and even else 0.0
