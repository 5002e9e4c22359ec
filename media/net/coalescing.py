"""When a busy socket is looked at by time instead of being woken for each datagram, as network cards do (NAPI).

A wake-up costs as much as several packets. Where datagrams come one by one all the time they wait together for some
milliseconds, so that one wake-up takes and sends them. Where they come now and then nobody waits. Pure; seconds of any
clock.
"""

from __future__ import annotations

from typing import Final

# From the beginning of one look to the next: what comes meanwhile waits (asyncio's timers are up to 1 ms late). A
# wake-up that takes longer is followed by the next one at once, so no time is lost that is needed.
INTERVAL_S: Final = 0.002
# It is judged so often.
WINDOW_S: Final = 0.1
# From so many wake-ups a second on looks come by time, as long as this share of them finds something.
BEGINS_AT: Final = 400.0
USEFUL_SHARE: Final = 0.5


class Coalescing:
    """Of one socket; `active` tells whether it is looked at by time."""

    __slots__ = ("_began", "_found", "_looks", "active")

    def __init__(self) -> None:
        self.active = False
        # Of this window: when it began, how often the socket was looked at, and how often something was there.
        self._began = 0.0
        self._looks = self._found = 0

    def looked(self, now: float, *, found: bool) -> None:
        """The socket was looked at, by time or because it had something."""
        self._looks += 1
        self._found += found
        passed = now - self._began
        if passed >= WINDOW_S:
            if self.active:
                self.active = self._found >= USEFUL_SHARE * self._looks
            else:
                self.active = self._found >= BEGINS_AT * passed
            self._began = now
            self._looks = self._found = 0
