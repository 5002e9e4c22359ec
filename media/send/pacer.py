"""Spreads what would overflow a narrow link over time: a leaky bucket with two priorities. Pure, time passed in.

Retransmissions go before other packets, for a receiver waits for them; otherwise order is kept. What waits is bounded
in time: a queue that would take longer to drain than that is of no use in a call.
"""

from __future__ import annotations

from collections import deque
from typing import Final, Generic, TypeVar

Item = TypeVar("Item")

MAX_WAIT_S: Final = 0.4
"""What is queued may take so long to leave: longer, and a new keyframe is better than all that waits."""
BURST_S: Final = 0.005
"""What may leave at once, as time at the full rate: one step of the timer that drains."""
MIN_BPS: Final = 100_000
"""However little a link carries, what waits goes out at this rate."""


class Pacer(Generic[Item]):
    """`rate_bps` is at what rate packets leave; sizes are bytes on the wire."""

    __slots__ = ("_budget", "_first", "_last_at", "_rest", "queued_bytes", "rate_bps")

    def __init__(self, rate_bps: int, now: float) -> None:
        self.rate_bps = max(MIN_BPS, rate_bps)
        self.queued_bytes = 0
        self._first: deque[tuple[Item, int]] = deque()
        self._rest: deque[tuple[Item, int]] = deque()
        self._budget = 0.0
        self._last_at = now

    def __len__(self) -> int:
        return len(self._first) + len(self._rest)

    def set_rate(self, rate_bps: int) -> None:
        """Let packets leave at this rate from now on."""
        self.rate_bps = max(MIN_BPS, rate_bps)

    @property
    def wait_s(self) -> float:
        """How long what is queued takes to leave."""
        return self.queued_bytes * 8 / self.rate_bps

    @property
    def full(self) -> bool:
        """Whether more would wait too long."""
        return self.wait_s > MAX_WAIT_S

    def put(self, item: Item, size: int, *, first: bool = False) -> None:
        """Queue a packet; before all others that aren't retransmissions if it is one (`first`)."""
        (self._first if first else self._rest).append((item, size))
        self.queued_bytes += size

    def due(self, now: float) -> list[Item]:
        """What may leave now."""
        rate = self.rate_bps / 8
        self._budget = min(self._budget + (now - self._last_at) * rate, BURST_S * rate)
        self._last_at = now
        leaving = []
        while self._budget > 0 and (self._first or self._rest):
            item, size = (self._first or self._rest).popleft()
            self._budget -= size
            self.queued_bytes -= size
            leaving.append(item)
        return leaving

    def clear(self) -> list[Item]:
        """Forget all that waits but retransmissions; what it was, in order."""
        dropped = [item for item, _ in self._rest]
        self._rest.clear()
        self.queued_bytes = sum(size for _, size in self._first)
        return dropped
