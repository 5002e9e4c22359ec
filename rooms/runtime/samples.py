"""Gathers what the node measures and what browsers report into samples of half a minute. Pure: time is passed in."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, get_args

from rooms.runtime.figures import ADDED, NAMES, Direction, Figures, claimed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rooms.protocol import Limitation, ReportStatistics
    from rooms.room_key import RoomKey

DIRECTIONS: Final[tuple[Direction, ...]] = get_args(Direction)
# Pages report every 5 s, viewers' every 15 s. More than this says nothing more.
MIN_REPORT_GAP_S: Final = 1.0


@dataclass(frozen=True)
class Sample:
    """One direction of one participant's media in a span of time that began at `started_ms` (Unix time).

    Where `peer_id` is empty, it is the mean of so many `participants` who watch, of whom `troubled` had a trouble.
    """

    room: RoomKey
    peer_id: str
    viewer: bool
    direction: Direction
    started_ms: int
    seconds: int
    figures: Figures
    participants: int = 1
    troubled: int = 0


class Means:
    """Figures that are put together: sums of what adds up, means of everything else."""

    def __init__(self) -> None:
        self._sums: defaultdict[str, float] = defaultdict(float)
        self._counts: defaultdict[str, int] = defaultdict(int)

    def add(self, figures: Figures) -> None:
        """Take more into account."""
        for name in NAMES:
            value: float | None = getattr(figures, name)
            if value is not None:
                self._sums[name] += value
                self._counts[name] += 1

    def figures(self) -> dict[str, float]:
        """What is known of it."""
        return {
            name: total if name in ADDED else total / self._counts[name]
            for name, total in self._sums.items()
            if self._counts[name]
        }


class Gathering:
    """Both directions of one participant since the last sample. `now_s` is in seconds from anywhere."""

    def __init__(self, now_s: float) -> None:
        self.limited_by: Limitation = "none"
        self._began_s = now_s
        self._reported_s = float("-inf")
        self._clear()

    def report(self, request: ReportStatistics, now_s: float) -> bool:
        """Take what a browser says; whether it was taken."""
        if now_s - self._reported_s < MIN_REPORT_GAP_S:
            return False
        self._reported_s = now_s
        if request.up is not None:
            self.limited_by = request.up.limited_by
            self._claims["up"].add(claimed(request.up))
        if request.down is not None:
            self._claims["down"].add(claimed(request.down))
        return True

    def measured(self, direction: Direction, figures: Figures) -> None:
        """Take what the node has measured, which counts more than what a browser claims."""
        self._measures[direction].add(figures)

    def lasted_s(self, now_s: float) -> float:
        """For how long it has been gathering."""
        return now_s - self._began_s

    def finish(self, now_s: float) -> list[tuple[Direction, Figures]]:
        """What it came to, of directions about which something is known; and begin anew."""
        found: list[tuple[Direction, Figures]] = []
        for direction in DIRECTIONS:
            known = self._claims[direction].figures() | self._measures[direction].figures()
            if _says_something(known):
                found.append((direction, Figures(**known)))
        self._began_s = now_s
        self._clear()
        return found

    def _clear(self) -> None:
        self._claims: dict[Direction, Means] = {direction: Means() for direction in DIRECTIONS}
        self._measures: dict[Direction, Means] = {direction: Means() for direction in DIRECTIONS}


def together(many: Iterable[Figures]) -> Figures:
    """The means of several participants; what adds up is counted together."""
    means = Means()
    for figures in many:
        means.add(figures)
    return Figures(**means.figures())


def _says_something(known: dict[str, float]) -> bool:
    """Whether anything was sent, or was found out beside that nothing was."""
    return known.get("bitrate_bps", 0.0) > 0 or known.get("loss", 0.0) > 0 or known.get("frozen_ms", 0.0) > 0
