"""Spreads what would overflow a narrow link over time: a leaky bucket with two priorities. Pure, time passed in.

Retransmissions go before other packets, for a receiver waits for them; otherwise order is kept. What waits is bounded
in time: of a longer queue the receiver has no use, and the link would never be rid of it. Only a keyframe gets through
whatever it takes, faster than the link may like: without it there is no picture at all.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Item = TypeVar("Item")

MAX_WAIT_S: Final = 0.3
"""What is queued may take so long to leave; retransmissions among themselves, too."""
KEYFRAME_WAIT_S: Final = 0.8
"""With a keyframe in the queue packets leave so fast that it takes no longer than this."""
REPAIRS_WAIT_S: Final = 0.1
"""Retransmissions are to leave within this time while a keyframe waits, behind which few of them are of any use."""
BURST_S: Final = 0.005
"""What may leave at once, as time at the full rate: one step of the timer that drains."""
LATE_S: Final = 0.1
"""A timer that is so late, because the process was busy, has lost nothing for what waited meanwhile: else a busy node
would send far less than a link carries."""
MIN_BPS: Final = 100_000
"""However little a link carries, what waits goes out at this rate."""
MAX_BYTES: Final = 500_000
"""What one receiver's packets may take of our memory while they wait: the keyframe of a very large screen. Where a
thousand people watch on narrow links, one sender's keyframes must not fill the memory of the node."""


_NOTHING: Final[deque[Any]] = deque(maxlen=0)
"""What waits where nothing has been put: a deque of its own takes 760 bytes, and most receivers never need one."""


class Pacer(Generic[Item]):
    """`rate_bps` is at what rate packets leave; sizes are bytes on the wire."""

    __slots__ = (
        "_budget",
        "_first",
        "_first_bytes",
        "_keyframes",
        "_last_at",
        "_rest",
        "_rest_bytes",
        "_waited",
        "rate_bps",
    )

    def __init__(self, rate_bps: int, now: float) -> None:
        self.rate_bps = max(MIN_BPS, rate_bps)
        self._first: deque[tuple[Item, int]] = _NOTHING
        self._first_bytes = 0
        self._rest: deque[tuple[Item, int, bool]] = _NOTHING
        self._rest_bytes = 0
        # Packets of keyframes that wait.
        self._keyframes = 0
        self._budget = 0.0
        # Whether something has waited since it was last looked at.
        self._waited = False
        self._last_at = now

    def __len__(self) -> int:
        return len(self._first) + len(self._rest)

    @property
    def queued_bytes(self) -> int:
        """All that waits."""
        return self._first_bytes + self._rest_bytes

    def set_rate(self, rate_bps: int) -> None:
        """Let packets leave at this rate from now on."""
        self.rate_bps = max(MIN_BPS, rate_bps)

    def full(self, most_s: float = MAX_WAIT_S) -> bool:
        """Whether what waits is better dropped: it takes longer than that, and no keyframe is among it."""
        return not self._keyframes and self.wait_s > most_s

    @property
    def wait_s(self) -> float:
        """How long all that waits takes to leave at the rate."""
        return self.queued_bytes * 8 / self.rate_bps

    @property
    def overflows(self) -> bool:
        """Whether what waits takes too much memory, whatever is among it."""
        return self.queued_bytes >= MAX_BYTES

    @property
    def full_of_retransmissions(self) -> bool:
        """Whether one more would come too late, or has no place."""
        most_s = REPAIRS_WAIT_S if self._keyframes else MAX_WAIT_S
        return self.overflows or self._first_bytes * 8 > most_s * self.rate_bps

    def put(self, item: Item, size: int, *, keyframe: bool = False) -> None:
        """Queue a packet, of a keyframe maybe."""
        if self._rest is _NOTHING:
            self._rest = deque()
        self._rest.append((item, size, keyframe))
        self._rest_bytes += size
        self._keyframes += keyframe

    def waiting(self) -> list[Item]:
        """All that waits, retransmissions first."""
        return [item for item, _ in self._first] + [item for item, _, _ in self._rest]

    def put_first(self, item: Item, size: int) -> None:
        """Queue a retransmission, before all that is none."""
        if self._first is _NOTHING:
            self._first = deque()
        self._first.append((item, size))
        self._first_bytes += size

    def due(self, now: float) -> list[Item]:
        """What may leave now."""
        rate = max(self.rate_bps / 8, self.queued_bytes / KEYFRAME_WAIT_S if self._keyframes else 0.0)
        most_s = LATE_S if self._waited else BURST_S
        self._budget = min(self._budget + max(0.0, now - self._last_at) * rate, most_s * rate)
        self._last_at = now
        leaving = []
        while self._budget > 0 and (taken := self.take()):
            self._budget -= taken[1]
            leaving.append(taken[0])
        self._waited = len(self) > 0
        return leaving

    def take(self) -> tuple[Item, int] | None:
        """What is next, and its size, whether it may leave or not."""
        if self._first:
            item, size = self._first.popleft()
            self._first_bytes -= size
        elif self._rest:
            item, size, keyframe = self._rest.popleft()
            self._rest_bytes -= size
            self._keyframes -= keyframe
        else:
            return None
        return item, size

    def remove(self, unwanted: Callable[[Item], bool]) -> list[Item]:
        """Forget some of what waits; what was no retransmission among it, in order."""
        if not self:
            return []
        removed = [item for item, _, _ in self._rest if unwanted(item)]
        self._first = deque(entry for entry in self._first if not unwanted(entry[0]))
        self._rest = deque(entry for entry in self._rest if not unwanted(entry[0]))
        self._first_bytes = sum(size for _, size in self._first)
        self._rest_bytes = sum(size for _, size, _ in self._rest)
        self._keyframes = sum(keyframe for _, _, keyframe in self._rest)
        return removed
