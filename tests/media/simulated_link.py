"""A bottleneck in simulated time: a rate that changes, a queue, delay, jitter, loss, a policer, others who share it."""

from __future__ import annotations

import heapq
import itertools
import random
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PACKET = 1228


class Clock:
    """Events in order of time: `run` until a moment, `at` for what happens then."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def at(self, when: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._events, (max(when, self.now), next(self._order), action))

    def every(self, interval: float, action: Callable[[], None], start: float = 0.0) -> None:
        def again() -> None:
            action()
            self.at(self.now + interval, again)

        self.at(start, again)

    def run(self, until: float) -> None:
        while self._events and self._events[0][0] <= until:
            self.now, _, action = heapq.heappop(self._events)
            action()
        self.now = until


class SimulatedLink:
    """One direction of a path. Packets leave in order at `rates` (from when, bits/s), unless jitter turns them round.

    `queue_s` is the longest time that a packet may wait at the rate of the moment; `police_bps` drops what comes
    faster, without a queue, beyond a burst of 0.1 s.
    """

    def __init__(
        self,
        clock: Clock,
        rates: Sequence[tuple[float, float]] | float,
        *,
        queue_s: float = 0.3,
        delay_s: float = 0.025,
        jitter_s: float = 0.0,
        loss: float = 0.0,
        police_bps: float | None = None,
        seed: int = 1,
    ) -> None:
        self.clock = clock
        self.rates = list(rates) if not isinstance(rates, (int, float)) else [(0.0, float(rates))]
        self.queue_s = queue_s
        self.delay_s = delay_s
        self.jitter_s = jitter_s
        self.loss = loss
        self.police_bps = police_bps
        self.dropped = 0
        self.waits: list[tuple[float, float]] = []
        self._chance = random.Random(seed)  # noqa: S311 - the same chances in each run
        self._queued: deque[tuple[float, int]] = deque()
        self._backlog = 0
        self._free_at = 0.0
        self._credit = 0.0
        self._credit_at = 0.0

    def rate_bps(self, when: float) -> float:
        rate = self.rates[0][1]
        for start, value in self.rates:
            if when >= start:
                rate = value
        return rate

    def _served_at(self, start: float, size: int) -> float:
        """When a packet that begins to leave at `start` has left, over changes of the rate."""
        bits = size * 8.0
        while True:
            rate = self.rate_bps(start)
            change = min((at for at, _ in self.rates if at > start), default=float("inf"))
            if rate > 0 and start + bits / rate <= change:
                return start + bits / rate
            if change == float("inf"):
                return float("inf")
            bits -= (change - start) * rate
            start = change

    def send(self, size: int, arrived: Callable[[], None], dropped: Callable[[], None] | None = None) -> None:
        now = self.clock.now
        if self._lost(size, now):
            self.dropped += 1
            if dropped is not None:
                dropped()
            return
        left = self._served_at(max(now, self._free_at), size)
        if left == float("inf"):
            return
        self._free_at = left
        self._queued.append((left, size))
        self._backlog += size
        self.waits.append((now, left - now))
        self.clock.at(left + self.delay_s + self._chance.random() * self.jitter_s, arrived)

    def _lost(self, size: int, now: float) -> bool:
        if self.loss and self._chance.random() < self.loss:
            return True
        if self.police_bps is not None:
            burst = self.police_bps * 0.1
            self._credit = min(burst + 12_000, self._credit + (now - self._credit_at) * self.police_bps)
            self._credit_at = now
            if self._credit < size * 8:
                return True
            self._credit -= size * 8
        while self._queued and self._queued[0][0] <= now:
            self._backlog -= self._queued.popleft()[1]
        return self._backlog > 0 and (self._backlog + size) * 8 > self.rate_bps(now) * self.queue_s + 8 * PACKET


class ConstantTraffic:
    """Somebody else's stream of a fixed rate, from `start` to `stop`."""

    def __init__(self, link: SimulatedLink, bitrate_bps: float, start: float = 0.0, stop: float = 1e9) -> None:
        self._link = link
        self._stop = stop
        self._interval = PACKET * 8 / bitrate_bps
        link.clock.at(start, self._send)

    def _send(self) -> None:
        if self._link.clock.now < self._stop:
            self._link.send(PACKET, lambda: None)
            self._link.clock.at(self._link.clock.now + self._interval, self._send)


class TcpDownload:
    """A transfer with TCP Reno's window: it grows until the queue overflows."""

    def __init__(self, link: SimulatedLink, start: float, stop: float = 1e9) -> None:
        self._link = link
        self._stop = stop
        self._window = 10.0
        self._threshold = 1e9
        self._flying = 0
        self._halved_at = -1.0
        self.received = 0
        link.clock.at(start, self._fill)

    def _fill(self) -> None:
        while self._flying < int(self._window) and self._link.clock.now < self._stop:
            self._flying += 1
            sent = self._link.clock.now
            self._link.send(
                1500,
                lambda: self._link.clock.at(self._link.clock.now + self._link.delay_s, self._acked),
                partial(self._lost, sent),
            )

    def _acked(self) -> None:
        self._flying -= 1
        self.received += 1500
        self._window += 1.0 if self._window < self._threshold else 1.0 / self._window
        self._fill()

    def _lost(self, sent: float) -> None:
        self._link.clock.at(sent + 0.2, partial(self._missed, sent))

    def _missed(self, sent: float) -> None:
        self._flying -= 1
        if sent > self._halved_at:
            self._window = max(2.0, self._window / 2)
            self._threshold = self._window
            self._halved_at = self._link.clock.now
        self._fill()
