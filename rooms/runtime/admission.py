"""What a node that nears its limit still takes: newcomers at a bounded pace, then nobody who sends, then nobody. Pure.

One that is over it nevertheless takes videos back.

A node is one loop on one processor. Whoever comes in costs it some ten milliseconds, and whoever is in a share of it
from then on; both are taken from the media of those inside. All times are seconds of a clock that is passed in.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

R = TypeVar("R")

# Joins a second: the least, the most, and how fast the pace grows while there is time, each second.
LEAST_PACE: Final = 10.0
# The least where the loop is late though it has time left: then others hold the machine up, and not those who come in.
LEAST_PACE_LATE: Final = 25.0
MOST_PACE: Final = 150.0
PACE_GROWTH: Final = 30.0
PACE_CUT: Final = 0.8
FIRST_PACE: Final = 50.0
# While media is so late, and the loop uses more than such a share of a processor, nobody new comes in at all: whoever
# waits does so for seconds, and those inside would hear each of them.
HELD_LATE_S: Final = 0.05
HELD_BUSY: Final = 0.4
# So many may come in at the same moment.
AT_ONCE: Final = 10
# A loop that is so late is heard soon; one that has so little time left will be.
LATE_S: Final = 0.015
BUSY: Final = 0.85
# What was measured in the last seconds counts; one look says nothing.
MEMORY_S: Final = 2.0
# Of the limit: from these shares on nobody new may send, and larger rooms lose their best pictures.
SENDERS_SHARE: Final = 0.95
SHEDDING_SHARE: Final = 0.9
# Only a loop that is also late suffers: one that uses all of its processor in time does not.
LATE_ON_AVERAGE_S: Final = 0.005
# One that is so late on average is heard, and does what a full one does, if such a share of the limit is used: it may
# be that it gets no more of the processor, or that what it does comes in bursts. The lateness of a moment counts for so
# much at most. The last two are of a full one only.
LATE_LEVELS_S: Final = (0.02, 0.035, 0.05, 0.07, 0.1)
WORKING_SHARE: Final = 0.5
MOST_LATE_S: Final = 0.2
# A level is left when the load is so much lower than where it began, the lateness by so much, and has been for so long.
LOWER: Final = 0.9
LESS_LATE: Final = 0.6
CALM_S: Final = 5.0
# The next step up comes so much later: what the one before has changed shows by then.
STEP_S: Final = 2.0
# So long after pictures are given up it is seen what that saves, at most so many times what is left.
RELIEF_SEEN_S: Final = 6.0
MOST_RELIEF: Final = 4.0
# Half of what was saved is forgotten in that time, as those for whom it was saved may have gone; in twice that time if
# it was too much when it came back, which shows within `TOO_MUCH_S`.
RELIEF_HALVED_S: Final = 300.0
MOST_HALVED_S: Final = 3600.0
TOO_MUCH_S: Final = 60.0
# Rooms in which together so much of all people are give up pictures, the largest first.
SHED_PEOPLE: Final = 0.5
# Cameras are given up where at least such a share of those who receive from a node are of its own rooms.
OWN_SHARE: Final = 0.5


class Level(IntEnum):
    """How near the limit a node is."""

    OPEN = 0
    SHEDDING = 1
    NO_NEW_SENDERS = 2
    NO_NEWCOMERS = 3
    FEWER_VIDEOS = 4
    NO_VIDEOS = 5


# What gives up pictures, and the share of the limit that the load would have with them if they can't come back.
RELIEVING: Final = {Level.SHEDDING: SHEDDING_SHARE, Level.FEWER_VIDEOS: 1.0, Level.NO_VIDEOS: 1.0}


class JoinPace:
    """How many of those who wait may come in now."""

    def __init__(self) -> None:
        self.per_s = FIRST_PACE
        self._held = False
        self._tokens = float(AT_ONCE)
        self._last: float | None = None

    def look(self, now: float, late_s: float, busy: float) -> None:
        """Loop or media were so late, and the loop used such a share (0 to 1) of a processor since the last look."""
        passed_s = 0.0 if self._last is None else max(0.0, now - self._last)
        self._last = now
        if busy > BUSY:
            self.per_s = max(LEAST_PACE, self.per_s * PACE_CUT)
        elif late_s > LATE_S:
            self.per_s = max(min(self.per_s, LEAST_PACE_LATE), self.per_s * PACE_CUT)
        else:
            self.per_s = min(MOST_PACE, self.per_s + PACE_GROWTH * passed_s)
        self._tokens = min(float(AT_ONCE), self._tokens + self.per_s * passed_s)
        self._held = late_s > HELD_LATE_S and busy > HELD_BUSY

    def take(self, waiting: int, *, expected: bool = False) -> int:
        """How many of so many may come in; those who are `expected` back also while nobody new does."""
        if self._held and not expected:
            return 0
        some = min(waiting, int(self._tokens))
        self._tokens -= some
        return some


class _Relief:
    """How many times the load would be what it is if pictures came back that were given up."""

    def __init__(self) -> None:
        self.factor = 1.0
        # When they were given up, and with which load a person, of whom more may have come since.
        self._begun: tuple[float, float] | None = None
        self._ended = float("-inf")
        self._halved_s = RELIEF_HALVED_S

    @property
    def unknown(self) -> bool:
        """Whether they were given up a moment ago."""
        return self._begun is not None

    def begin(self, now: float, busy: float, people: int) -> None:
        """They are given up."""
        too_much = now - self._ended < TOO_MUCH_S
        self._halved_s = min(MOST_HALVED_S, 2 * self._halved_s) if too_much else RELIEF_HALVED_S
        self._begun = (now, busy / people)

    def end(self, now: float) -> None:
        """They have come back."""
        self._begun, self._ended = None, now

    def look(self, now: float, passed_s: float, busy: float, people: int) -> None:
        """See once what giving them up has saved, and forget it slowly."""
        self.factor = 1 + (self.factor - 1) * 0.5 ** (passed_s / self._halved_s)
        if self._begun is not None and now - self._begun[0] >= RELIEF_SEEN_S:
            self.factor = min(MOST_RELIEF, max(1.0, self._begun[1] * people / max(0.01, busy)))
            self._begun = None


class Admission:
    """How near the limit a node is. `full` is the share of a processor (0 to 1) that it may use; 0 for no limit."""

    def __init__(self, full: float) -> None:
        self._full = full
        self._busy = self._late_s = 0.0
        self._last: float | None = None
        self._calm_since: float | None = None
        # When the level was reached.
        self._since = 0.0
        self._reliefs = {level: _Relief() for level in RELIEVING}
        self._people = 1
        self.level = Level.OPEN

    def look(self, now: float, late_s: float, busy: float, people: int = 1) -> None:
        """Loop or media were so late, and the loop used such a share of a processor since the last look.

        So many people are in.
        """
        passed_s = 0.0 if self._last is None else max(0.0, now - self._last)
        self._last = now
        self._people = max(1, people)
        weight = min(1.0, passed_s / MEMORY_S)
        self._busy += weight * (busy - self._busy)
        self._late_s += weight * (min(late_s, MOST_LATE_S) - self._late_s)
        for relief in self._reliefs.values():
            relief.look(now, passed_s, self._busy, self._people)
        late = self._late_s > LATE_ON_AVERAGE_S
        reached = max(self._level_at(self._busy) if late else Level.OPEN, self._level_by_lateness(self._late_s))
        if reached > self.level:
            self._calm_since = None
            step_s = RELIEF_SEEN_S if self.level >= Level.NO_NEWCOMERS else STEP_S
            if self.level is Level.OPEN or now - self._since >= step_s:
                self._change(Level(self.level + 1), now)
        elif reached is self.level or self._stays(late=late):
            self._calm_since = None
        elif self._calm_since is None:
            self._calm_since = now
        elif now - self._calm_since >= CALM_S:
            self._change(Level(self.level - 1), now)
            self._calm_since = now

    @property
    def busy(self) -> float:
        """The share of a processor that the loop has used in the last seconds."""
        return self._busy

    def _change(self, level: Level, now: float) -> None:
        if level > self.level and level in self._reliefs:
            self._reliefs[level].begin(now, self._busy, self._people)
        elif level < self.level and self.level in self._reliefs:
            self._reliefs[self.level].end(now)
        self.level, self._since = level, now

    def _stays(self, *, late: bool) -> bool:
        """Whether the load is that of this level, though it is a little lower than where the level began."""
        relief = self._reliefs.get(self.level)
        if any(one.unknown for one in self._reliefs.values()):
            return True
        if relief is not None and self._busy * relief.factor / LOWER >= RELIEVING[self.level] * self._full:
            return True  # with those pictures again it would be too much at once
        if self._level_by_lateness(self._late_s / LESS_LATE) >= self.level:
            return True
        return late and self._level_at(self._busy / LOWER) >= self.level

    def _level_at(self, busy: float) -> Level:
        if not self._full or busy < SHEDDING_SHARE * self._full:
            return Level.OPEN
        if busy < SENDERS_SHARE * self._full:
            return Level.SHEDDING
        return Level.NO_NEW_SENDERS if busy < self._full else Level.NO_NEWCOMERS

    def _level_by_lateness(self, late_s: float) -> Level:
        if not self._full or self._busy < WORKING_SHARE * self._full:
            return Level.OPEN
        level = Level(sum(late_s >= limit for limit in LATE_LEVELS_S))
        return level if self._busy >= self._full else min(level, Level.NO_NEWCOMERS)


def level_for_rooms(level: Level, own: int, others: int) -> Level:
    """At which level a node's own rooms are: where most who receive from it are in `others`, they keep their cameras.

    Without those cameras it would have hardly less to do. `own` and `others` are receivers.
    """
    return level if own >= OWN_SHARE * (own + others) else min(level, Level.NO_NEWCOMERS)


def largest(people: Mapping[R, int]) -> set[R]:
    """The fewest rooms in which half of all people are, by how many are in each."""
    wanted, found = SHED_PEOPLE * sum(people.values()), set[R]()
    for room, count in sorted(people.items(), key=lambda item: -item[1]):
        if wanted <= 0:
            break
        wanted -= count
        found.add(room)
    return found
