"""How late an event loop comes to what is due: what people hear when it is much, before anything else shows it."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from typing import Final

LOOK_S: Final = 0.1
# Upper bounds, in seconds. A loop that is 50 ms late is heard.
BUCKETS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)


class LoopLag:
    """Looks ten times a second, from `start` to `close`."""

    def __init__(self) -> None:
        # How many looks were how late; the last place is for all that were later.
        self.counts = [0] * (len(BUCKETS) + 1)
        self.total_s = 0.0
        self.looks = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0

    def start(self) -> None:
        """Look at the loop that runs."""
        self._loop = asyncio.get_running_loop()
        self._again(self._loop)

    def close(self) -> None:
        """Look no more. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def note(self, late_s: float) -> None:
        """The loop was so late."""
        late_s = max(0.0, late_s)
        self.counts[bisect_left(BUCKETS, late_s)] += 1
        self.total_s += late_s
        self.looks += 1

    def _again(self, loop: asyncio.AbstractEventLoop) -> None:
        self._due = loop.time() + LOOK_S
        self._timer = loop.call_at(self._due, self._look)

    def _look(self) -> None:
        if self._loop is not None:
            self.note(self._loop.time() - self._due)
            self._again(self._loop)
