"""Whether a socket brings more than its wake-ups have time for. Pure; times are seconds of any clock, passed in."""

from __future__ import annotations


class Backlog:
    """Of one socket."""

    __slots__ = ("_since",)

    def __init__(self) -> None:
        # When the wake-up began that was the first of those that did not take all there was.
        self._since: float | None = None

    def woke_up(self, began: float, *, took_all: bool) -> None:
        """A wake-up that began then is over."""
        if took_all:
            self._since = None
        elif self._since is None:
            self._since = began

    def behind_s(self, now: float) -> float:
        """For how long something has been waiting all the time; 0 while each wake-up takes all there is."""
        return 0.0 if self._since is None else max(0.0, now - self._since)
