"""Which packets are sent again unasked, on a link that loses: those of pictures that all later ones need. Pure.

Behind a queue that others keep full a NACK and its answer take twice that queue: pictures stand still each time that
one of the slowest temporal layer gets lost. A copy that follows soon is there when the picture is due.
"""

from __future__ import annotations

from typing import Final, NamedTuple

AFTER_S: Final = 0.12
"""A queue that was full is mostly not so any more after this time, and the copy comes soon after the next picture."""
SHARE: Final = 0.5
"""Copies take at most so much of what is sent. The slowest of three temporal layers takes 0.4, the only one all."""
AT_ONCE: Final = 6000
"""And so many bytes at once: a keyframe's first packets."""
REMEMBERED: Final = 64


class Repeat(NamedTuple):
    """A packet of a stream by its 16 bit sequence number, and its size on the wire."""

    ssrc: int
    number: int
    size: int


class Repeats:
    """Of one receiver. `sent` tells of each packet that leaves, `due` which are to follow now."""

    __slots__ = ("_budget", "_waiting")

    def __init__(self) -> None:
        self._waiting: list[tuple[float, Repeat]] = []
        self._budget = 0.0

    def __len__(self) -> int:
        return len(self._waiting)

    def sent(self, repeat: Repeat, now: float, *, needed: bool) -> None:
        """A packet leaves for the first time; `needed` by all later pictures."""
        self._budget = min(self._budget + SHARE * repeat.size, AT_ONCE)
        if needed and len(self._waiting) < REMEMBERED:
            self._waiting.append((now + AFTER_S, repeat))

    def due(self, now: float) -> list[Repeat]:
        """What is to be sent again now, in the order in which it left."""
        waiting = self._waiting
        found: list[Repeat] = []
        while waiting and waiting[0][0] <= now:
            _, repeat = waiting.pop(0)
            if self._budget >= repeat.size:
                self._budget -= repeat.size
                found.append(repeat)
        return found

    def clear(self) -> None:
        """Nothing of what has left is to follow."""
        self._waiting.clear()
