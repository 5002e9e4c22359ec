"""How busy a node is: what its loop uses of its one processor, how late it comes to what is due, what it forwards.

Pure; times are seconds of clocks that are passed in.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from rooms.models import Node

# A loop that is so late for everything is heard: it can't do more.
FULL_LAG_MS: Final = 50
# What a beat says counts for so much: a room that opens is no lasting load, and a meeting that begins shows within
# seconds.
WEIGHT: Final = 0.4
# What a room is taken for that was placed since its node reported last, in percent of a processor.
NEW_ROOM_PERCENT: Final = 3
# Smaller differences than these are chance: then people and rooms are counted.
PERCENT_STEP: Final = 10
PACKETS_STEP: Final = 2_000
MOST_LAG_MS: Final = 60_000


class Lateness(Protocol):
    """What has looked how late a loop was: the sum of it, and the number of looks (`meet.run.loop_lag`)."""

    @property
    def total_s(self) -> float: ...
    @property
    def looks(self) -> int: ...


@dataclass(frozen=True)
class Load:
    """The share of a processor that the loop's thread uses; how late it comes; datagrams in and out, each second."""

    load_percent: int = 0
    lag_ms: int = 0
    packets_per_s: int = 0

    @property
    def columns(self) -> dict[str, Any]:
        """For a node's row."""
        return asdict(self)


class Meter:
    """Measures from one look to the next, and smooths."""

    def __init__(self, lateness: Lateness | None = None, packets: Callable[[], int] = lambda: 0) -> None:
        """`packets` counts the datagrams so far."""
        self._lateness = lateness
        self._packets = packets
        # What the last look told.
        self.load = Load()
        self._last: tuple[float, float, float, int, int] | None = None
        self._smooth: tuple[float, float, float] | None = None

    def look(self, wall_s: float, cpu_s: float) -> Load:
        """Since the last look; nothing at the first. `cpu_s` is the processor time of the loop's thread."""
        late = self._lateness
        now = (wall_s, cpu_s, late.total_s if late else 0.0, late.looks if late else 0, self._packets())
        last, self._last = self._last, now
        if last is None:
            return Load()
        wall, cpu, late_s, looks, packets = (new - old for new, old in zip(now, last, strict=True))
        wall = max(wall, 0.001)
        measured = (100 * cpu / wall, 1000 * late_s / looks if looks else 0.0, packets / wall)
        before = self._smooth or measured
        self._smooth = percent, lag_ms, rate = _averaged(before, measured)
        self.load = Load(min(100, max(0, round(percent))), min(MOST_LAG_MS, max(0, round(lag_ms))), max(0, round(rate)))
        return self.load


def _averaged(before: tuple[float, float, float], measured: tuple[float, float, float]) -> tuple[float, float, float]:
    """An exponential average."""
    first, second, third = (old + WEIGHT * (new - old) for old, new in zip(before, measured, strict=True))
    return first, second, third


def burden(node: Node | Load) -> int:
    """How much of what a node can do it does, in percent: by its processor or by its lateness, whichever is more."""
    return max(node.load_percent, min(100, 100 * node.lag_ms // FULL_LAG_MS))


def rank(node: Node, new_rooms: int) -> tuple[int, int, int, int, str]:
    """Nodes in the order of this are the least loaded first; `new_rooms` it got since it reported."""
    return (
        (burden(node) + NEW_ROOM_PERCENT * new_rooms) // PERCENT_STEP,
        node.packets_per_s // PACKETS_STEP,
        node.peers + new_rooms,
        node.rooms + new_rooms,
        node.name,
    )
