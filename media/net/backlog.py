"""Whether a socket brings more than its wake-ups have time for, and how much they have. Pure; seconds of any clock.

A wake-up is bounded, so that others have their turn. While something is left each time, media has the larger part of
all turns together, however much others do in theirs.
"""

from __future__ import annotations

from typing import Final

# So long a wake-up hands on: a packet to a thousand receivers takes 5 ms, and whoever comes in or asks for something
# waits meanwhile.
WAKE_UP_S: Final = 0.01
# While something was left: so many times what all others took since then, but not longer than that.
SHARE: Final = 3.0
LONGEST_S: Final = 0.1


class Backlog:
    """Of one socket."""

    __slots__ = ("_ended", "_since")

    def __init__(self) -> None:
        # When the wake-up began that was the first of those that did not take all there was; when the last one ended.
        self._since: float | None = None
        self._ended = 0.0

    def ends(self, now: float) -> float:
        """Until when a wake-up that begins now is to hand on what it takes."""
        if self._since is None:
            return now + WAKE_UP_S
        return now + min(LONGEST_S, max(WAKE_UP_S, SHARE * (now - self._ended)))

    def woke_up(self, began: float, ended: float, *, took_all: bool) -> None:
        """A wake-up is over."""
        self._ended = ended
        if took_all:
            self._since = None
        elif self._since is None:
            self._since = began

    def behind_s(self, now: float) -> float:
        """For how long something has been waiting all the time; 0 while each wake-up takes all there is."""
        return 0.0 if self._since is None else max(0.0, now - self._since)
