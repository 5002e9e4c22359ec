"""When datagrams came, by the node's steady clock, where the kernel stamped them by the wall clock. Pure.

A busy loop takes what came in the last 10 or 30 ms at once. To a sender that is told so, a burst that it measures its
upload by has taken so much longer: it believes the upload to be narrow.
"""

from __future__ import annotations

import math


class ArrivalTimes:
    """Of what one look at a socket found (`looked`).

    It came after the last look that had left nothing, and before this one. Stamps tell when in between; whatever they
    say, as when the wall clock is set, nothing came earlier or later than that.
    """

    __slots__ = ("_emptied_at", "_offset_s", "earliest", "latest")

    def __init__(self) -> None:
        self.earliest = self.latest = 0.0
        self._offset_s = 0.0
        self._emptied_at = math.inf

    def looked(self, now: float, wall_s: float, *, emptied: bool) -> None:
        """The socket was looked at `now`, at `wall_s` by the wall clock; `emptied` if nothing is left."""
        self.earliest = min(self._emptied_at, now)
        self.latest = now
        self._offset_s = now - wall_s
        if emptied:
            self._emptied_at = now

    def arrived_at(self, seconds: int, nanoseconds: int) -> float:
        """When a datagram came that has this stamp (`struct timespec`); without one (zeros) it came just now."""
        stamped = seconds + nanoseconds * 1e-9 + self._offset_s
        if stamped > self.latest:
            return self.latest
        if stamped >= self.earliest:
            return stamped
        return self.earliest if seconds else self.latest
