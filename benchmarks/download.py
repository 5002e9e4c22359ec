"""A TCP download through a link's queue, as a model: greedy, clocked by its acknowledgements, CUBIC (RFC 9438). Pure.

It fills the queue as a browser's download does, but takes no socket and no processor, and the same seed gives the same
packets. Segments carry what the link allows; acknowledgements come back after `return_s` and never get lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from benchmarks.link import Channel

SEGMENT_BYTES: Final = 1500
INITIAL_WINDOW: Final = 10.0
# RFC 9438 section 4.1 and 4.6.
SCALE: Final = 0.4
DECREASE: Final = 0.7
DUPLICATES: Final = 3
MIN_TIMEOUT_S: Final = 1.0
# Slow start ends when the round trip has grown by this share (RFC 9406, simplified), not only when the queue is full.
HYSTART_SHARE: Final = 0.125
HYSTART_LEAST_S: Final = 0.004


@dataclass
class Download:
    """Sends from `from_s` to `to_s` as fast as its window allows. Call `step` whenever `due` is reached."""

    channel: Channel
    from_s: float
    to_s: float
    return_s: float = 0.02
    flow: str = "download"
    window: float = INITIAL_WINDOW
    due: float | None = None
    _threshold: float = float("inf")
    _next: int = 0
    # Segments on their way in order of number; True for one that does not arrive.
    _flying: dict[int, bool] = field(default_factory=dict)
    _acknowledgements: list[tuple[float, int, float]] = field(default_factory=list)
    _recover: int = -1
    _least_s: float = float("inf")
    _round_trip_s: float = 0.2
    _maximum: float = 0.0
    _epoch: float | None = None
    _heard: float = 0.0

    def __post_init__(self) -> None:
        self.due = self.from_s

    def step(self, now: float) -> None:
        """Take what has been acknowledged until `now`, send what may be sent."""
        if now < self.from_s:
            return
        self._heard = max(self._heard, self.from_s)
        while self._acknowledgements and self._acknowledgements[0][0] <= now:
            at, number, sent = heappop(self._acknowledgements)
            self._acknowledged(at, number, at - sent)
        if self._flying and now - self._heard > max(MIN_TIMEOUT_S, 2 * self._round_trip_s):
            self._timed_out(now)
        if now >= self.to_s:
            self.due = None
            return
        while len(self._flying) < int(self.window):
            self._send(now)
        timeout = self._heard + max(MIN_TIMEOUT_S, 2 * self._round_trip_s) + 1e-3
        self.due = min(self._acknowledgements[0][0] if self._acknowledgements else timeout, timeout)

    def _send(self, now: float) -> None:
        arrival = self.channel.send(now, SEGMENT_BYTES, self.flow)
        self._flying[self._next] = arrival is None
        if arrival is not None:
            heappush(self._acknowledgements, (arrival + self.return_s, self._next, now))
        self._next += 1

    def _acknowledged(self, now: float, number: int, round_trip_s: float) -> None:
        self._heard = now
        self._flying.pop(number, None)
        self._least_s = min(self._least_s, round_trip_s)
        self._round_trip_s += (round_trip_s - self._round_trip_s) / 8
        missing = [one for one, lost in self._flying.items() if lost and one <= number - DUPLICATES]
        for one in missing:
            del self._flying[one]  # what is sent instead counts as new
        if missing and missing[-1] > self._recover:
            self._reduce()
        elif number > self._recover:
            self._grow(now, round_trip_s)

    def _reduce(self) -> None:
        self._recover = self._next
        self._maximum = self.window
        self.window = max(2.0, self.window * DECREASE)
        self._threshold = self.window
        self._epoch = None

    def _grow(self, now: float, round_trip_s: float) -> None:
        if self.window < self._threshold:
            self.window += 1
            if round_trip_s > self._least_s + max(HYSTART_LEAST_S, HYSTART_SHARE * self._least_s):
                self._threshold = self.window
                self._maximum = self.window
            return
        if self._epoch is None:
            self._epoch = now
            self._maximum = max(self._maximum, self.window)
        k = ((self._maximum * (1 - DECREASE)) / SCALE) ** (1 / 3) if self._maximum > self.window else 0.0
        target = SCALE * (now - self._epoch + self._round_trip_s - k) ** 3 + self._maximum
        reno = 1 / self.window
        self.window += max(reno, min((target - self.window) / self.window, 0.5))

    def _timed_out(self, now: float) -> None:
        self._flying.clear()
        self._acknowledgements.clear()
        self._threshold = max(2.0, self.window / 2)
        self._maximum = self.window
        self.window = 1.0
        self._epoch = None
        self._recover = self._next
        self._heard = now
