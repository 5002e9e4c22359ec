"""The one clock of a capture: the server's wall clock at the beginning, steady from there on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class CaptureClock:
    """`now_ms` is Unix time in ms that never jumps, whatever the machine's clock is set to meanwhile."""

    def __init__(
        self,
        steady: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._steady = steady
        self._began = steady()
        self.started_at_ms = round(wall() * 1000)

    @classmethod
    def resumed(
        cls,
        started_at_ms: int,
        last_ms: int,
        steady: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> CaptureClock:
        """The clock of a capture that began in an earlier process, and of which all was written before `last_ms`."""
        clock = cls(steady, wall)
        passed_ms = max(clock.started_at_ms, last_ms) - started_at_ms
        clock.started_at_ms = started_at_ms
        clock._began -= passed_ms / 1000
        return clock

    def passed_ms(self) -> int:
        """Whole milliseconds since the beginning."""
        return int((self._steady() - self._began) * 1000)

    def now_ms(self) -> int:
        """Unix time in ms."""
        return self.started_at_ms + self.passed_ms()
