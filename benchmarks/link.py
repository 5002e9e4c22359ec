"""A network link as a queueing model: what becomes of each packet, with the time passed in. Pure.

A packet meets, in this order: an outage, the queue before the bottleneck (drop-tail, first in first out), the
bottleneck itself, random loss, propagation delay, jitter. Rates and sizes are those on the wire: a datagram of UDP and
IPv4 is 28 bytes longer than what is in it. Times are seconds of any steady clock; before 0 a link is as it is at 0.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

UDP_OVERHEAD: Final = 28
# Two full packets pass any queue, however short it is in time: real ones hold no less.
LEAST_QUEUE_BYTES: Final = 3000
# What is counted, is counted in slices of this time.
SLICE_S: Final = 0.5

Steps = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Direction:
    """What a link does in one direction. The default is a perfect one.

    `rate_bps` are pairs of a time and the rate from then on, in order; none for no bottleneck. The queue holds
    `queue_s` seconds of the rate of the moment. `jitter_s` is the most that is added to a packet's delay (each value up
    to it is as likely); unless it `reorders`, nothing overtakes. `loss` is a share of 0 to 1, `outages` are pairs of
    times between which nothing passes.
    """

    rate_bps: Steps = ()
    queue_s: float = 0.1
    delay_s: float = 0.0
    jitter_s: float = 0.0
    reorders: bool = False
    loss: float = 0.0
    outages: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        """Raise `ValueError` for a rate that nothing ever passes: that is an outage."""
        if any(rate <= 0 for _, rate in self.rate_bps):
            raise ValueError("A link's rate is more than 0. Where nothing passes, say so with `outages`.")


@dataclass(frozen=True)
class Link:
    """Both directions, as a client sees them, and the times at which the client's address changes."""

    up: Direction = field(default_factory=Direction)
    down: Direction = field(default_factory=Direction)
    moves: tuple[float, ...] = ()


@dataclass
class Slice:
    """What happened in one `SLICE_S`: bytes on the wire by flow that left the bottleneck, and packets.

    `offered` are the bytes that came. `dropped` packets found the queue full, `lost` ones went missing behind it, `cut`
    ones came in an outage.
    """

    through: Counter[str] = field(default_factory=Counter)
    packets: int = 0
    offered: int = 0
    dropped: int = 0
    lost: int = 0
    cut: int = 0
    queue_s: float = 0.0


class Channel:
    """One direction of a link at work. What comes in must come in order of time."""

    def __init__(self, direction: Direction, seed: int = 1) -> None:
        self.direction = direction
        self.slices: dict[int, Slice] = {}
        self._random = random.Random(seed)  # noqa: S311 - not a secret
        self._times = [from_s for from_s, _ in direction.rate_bps]
        # Of what waits or is being sent: when its last bit has left, and its size.
        self._queue: deque[tuple[float, int]] = deque()
        self._queued_bytes = 0
        self._free_at = float("-inf")
        self._last_arrival = float("-inf")

    def send(self, now: float, size: int, flow: str = "") -> float | None:
        """When a packet of `size` bytes on the wire that comes at `now` arrives; None if it doesn't."""
        direction = self.direction
        self._slice(now).offered += size
        if any(from_s <= now < to_s for from_s, to_s in direction.outages):
            self._slice(now).cut += 1
            return None
        left = now
        if direction.rate_bps:
            entered = self._enqueue(now, size)
            if entered is None:
                self._slice(now).dropped += 1
                return None
            left = entered
        self._count(left, size, flow, left - now)
        if direction.loss and self._random.random() < direction.loss:
            self._slice(left).lost += 1
            return None
        arrival = left + direction.delay_s
        if direction.jitter_s:
            arrival += self._random.random() * direction.jitter_s
            if not direction.reorders:
                arrival = max(arrival, self._last_arrival)
        self._last_arrival = arrival
        return arrival

    def rate_bps(self, now: float) -> float:
        """The bottleneck's rate; infinite where there is none."""
        steps = self.direction.rate_bps
        return steps[self._step(now)][1] if steps else float("inf")

    def capacity_bytes(self, from_s: float, to_s: float) -> float:
        """What the bottleneck could have let through between two times."""
        edges = [from_s, *(time for time in self._times if from_s < time < to_s), to_s]
        return sum(self.rate_bps(a) * (b - a) / 8 for a, b in pairwise(edges))

    def _enqueue(self, now: float, size: int) -> float | None:
        """When the packet's last bit has left the bottleneck; None where the queue is full."""
        queue = self._queue
        while queue and queue[0][0] <= now:
            self._queued_bytes -= queue.popleft()[1]
        limit = max(LEAST_QUEUE_BYTES, self.direction.queue_s * self.rate_bps(now) / 8)
        if self._queued_bytes + size > limit:
            return None
        self._free_at = self._served(max(now, self._free_at), size * 8)
        self._queued_bytes += size
        queue.append((self._free_at, size))
        return self._free_at

    def _served(self, start: float, bits: float) -> float:
        """When so many bits have been sent that begin at `start`."""
        for ends in self._times[self._step(start) + 1 :]:
            sent = (ends - start) * self.rate_bps(start)
            if bits <= sent:
                break
            bits, start = bits - sent, ends
        return start + bits / self.rate_bps(start)

    def _step(self, now: float) -> int:
        return max(0, bisect_right(self._times, now) - 1)

    def _count(self, left: float, size: int, flow: str, waited: float) -> None:
        part = self._slice(left)
        part.through[flow] += size
        part.packets += 1
        part.queue_s = max(part.queue_s, waited)

    def _slice(self, now: float) -> Slice:
        return self.slices.setdefault(int(now // SLICE_S), Slice())
