"""The load that those bring who have just come in, until it is measured: no more come in than there is place for. Pure.

Whoever comes in receives a second later, and what the node measures is an average of the last seconds. A crowd that is
let in by that alone is inside before it shows. So each newcomer is expected to receive what others of their room do,
which counts from the moment on in which they are let in, and less and less as it comes to be part of what is measured.
"""

from __future__ import annotations

from collections import deque
from typing import Final

# Media goes to a newcomer within that time, also in a crowd.
BEGINS_S: Final = 3.0
# What was measured in the last seconds counts; what newcomers are expected to receive is forgotten as fast.
MEMORY_S: Final = 2.0
# What came before shows by now where so little of it is left, in newcomers: one more may come in, full or not. Whether
# a node that is full suffers tells its lateness (`rooms.runtime.admission`).
NEARLY_SHOWN: Final = 0.25
# What packets and newcomers cost is told by looks of at least so many seconds, which count half after so long.
COST_LOOK_S: Final = 1.0
COST_HALVED_S: Final = 30.0
# What they cost before anything is known, in seconds of a processor, which counts as much as one look in which so many
# packets went and so many newcomers came.
USUAL_PACKET_S: Final = 6e-6
USUAL_NEWCOMER_S: Final = 0.012
USUAL_PACKETS: Final = 5_000.0
USUAL_NEWCOMERS: Final = 5.0
LEAST_PACKET_S: Final = 1e-6


class Costs:
    """Seconds of a processor that a packet takes, and somebody who comes in, told from what both take together.

    Those are the two for which the squares of what they leave unexplained are the least (least squares).
    """

    def __init__(self) -> None:
        self._packets = _Sums(USUAL_PACKETS**2, USUAL_PACKETS**2 * USUAL_PACKET_S)
        self._newcomers = _Sums(USUAL_NEWCOMERS**2, USUAL_NEWCOMERS**2 * USUAL_NEWCOMER_S)
        self._products = 0.0

    def look(self, passed_s: float, used_s: float, packets: float, newcomers: float) -> None:
        """In `passed_s` so many packets went and so many newcomers came, for which the loop used so much time."""
        kept = 0.5 ** (passed_s / COST_HALVED_S)
        self._packets.add(kept, packets, used_s)
        self._newcomers.add(kept, newcomers, used_s)
        self._products = kept * self._products + packets * newcomers

    @property
    def packet_s(self) -> float:
        """Of a packet, in or out."""
        packets, newcomers = self._packets, self._newcomers
        determinant = packets.squares * newcomers.squares - self._products**2
        cost = packets.used * newcomers.squares - newcomers.used * self._products
        most = packets.used / packets.squares  # that newcomers cost nothing
        return max(LEAST_PACKET_S, min(most, cost / determinant) if determinant > 0 else most)


class _Sums:
    """Over all looks: the squares of one count, and its products with what was used. Both begin with what is usual."""

    def __init__(self, squares: float, used: float) -> None:
        self._usual = (squares, used)
        self._seen = (0.0, 0.0)

    def add(self, kept: float, count: float, used_s: float) -> None:
        squares, used = self._seen
        self._seen = (kept * squares + count * count, kept * used + count * used_s)

    @property
    def squares(self) -> float:
        return self._usual[0] + self._seen[0]

    @property
    def used(self) -> float:
        return self._usual[1] + self._seen[1]


class Newcomers:
    """Of one node. `full` is the share of a processor (0 to 1) that it may use; 0 for no limit."""

    def __init__(self, full: float) -> None:
        self._full = full
        self._costs = Costs()
        self._last: float | None = None
        # Since the last look at costs.
        self._used_s = self._passed_s = 0.0
        self._packets = self._came = 0
        # Packets a second: as measured; of those whose media has begun as far as it is not; and of each of the others,
        # with when theirs begins.
        self._measured = self._begun = 0.0
        self._coming: deque[tuple[float, float]] = deque()
        self._sum_coming = 0.0

    def look(self, now: float, busy: float, packets: int) -> None:
        """So many packets went since the last look, in which the loop used such a share of a processor."""
        passed_s = 0.0 if self._last is None else max(0.0, now - self._last)
        self._last = now
        if not passed_s:
            return
        weight = min(1.0, passed_s / MEMORY_S)
        self._measured += weight * (packets / passed_s - self._measured)
        self._begun *= 1 - weight
        while self._coming and self._coming[0][0] <= now:
            _, rate = self._coming.popleft()
            self._sum_coming -= rate
            self._begun += rate
        self._passed_s += passed_s
        self._used_s += busy * passed_s
        self._packets += packets
        if self._passed_s >= COST_LOOK_S:
            self._costs.look(self._passed_s, self._used_s, self._packets, self._came)
            self._passed_s = self._used_s = 0.0
            self._packets = self._came = 0

    def come(self, now: float, packets_per_s: float) -> None:
        """Somebody comes in who is expected to receive so much."""
        self._came += 1
        self.expect(now, packets_per_s)

    def expect(self, now: float, packets_per_s: float) -> None:
        """Somebody who came before, and cost then what coming in costs, is to receive so much from now on."""
        self._coming.append((now + BEGINS_S, packets_per_s))
        self._sum_coming += packets_per_s

    def has_place(self, packets_per_s: float) -> bool:
        """Whether somebody who is to receive so much may come in now."""
        expected = self._begun + self._sum_coming
        if not self._full or not packets_per_s or expected <= NEARLY_SHOWN * packets_per_s:
            return True
        return self._costs.packet_s * (self._measured + expected + packets_per_s) <= self._full

    @property
    def packets_per_s(self) -> float:
        """What was measured in the last seconds."""
        return self._measured
