"""Spreads what would overflow a narrow link over time: a leaky bucket with two priorities. Pure, time passed in.

Retransmissions go before other packets, for a receiver waits for them; otherwise order is kept. Nothing is dropped:
which layers fit is decided elsewhere. But what waits is bounded in time, for a longer queue leaves faster.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Item = TypeVar("Item")

MAX_WAIT_S: Final = 0.4
"""Packets leave so fast that what is queued takes no longer than this."""
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

    def put(self, item: Item, size: int, *, first: bool = False) -> None:
        """Queue a packet; a retransmission comes `first`, before all that is none."""
        (self._first if first else self._rest).append((item, size))
        self.queued_bytes += size

    def due(self, now: float) -> list[Item]:
        """What may leave now."""
        rate = max(self.rate_bps / 8, self.queued_bytes / MAX_WAIT_S)
        self._budget = min(self._budget + max(0.0, now - self._last_at) * rate, BURST_S * rate)
        self._last_at = now
        leaving = []
        while self._budget > 0 and (self._first or self._rest):
            item, size = (self._first or self._rest).popleft()
            self._budget -= size
            self.queued_bytes -= size
            leaving.append(item)
        return leaving

    def remove(self, unwanted: Callable[[Item], bool]) -> None:
        """Forget some of what waits."""
        self._first = deque(entry for entry in self._first if not unwanted(entry[0]))
        self._rest = deque(entry for entry in self._rest if not unwanted(entry[0]))
        self.queued_bytes = sum(size for _, size in self._first) + sum(size for _, size in self._rest)
