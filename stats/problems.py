"""Problems of a meeting, found in its samples: what was wrong, whose it was, and from when to when. Pure."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from rooms.runtime.figures import NAMES, Direction, Figures, Trouble, troubles_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Troubles with no more than so much between them are one problem: half a minute that was good, and a bit.
GAP: Final = dt.timedelta(seconds=45)
# What has to last for so long before anybody need be told; everything else is told at once.
LASTING: Final[dict[Trouble, dt.timedelta]] = {
    "reduced": dt.timedelta(minutes=2),
    "bandwidth": dt.timedelta(minutes=1),
    "cpu": dt.timedelta(minutes=1),
}
# What is told of a trouble: the figure that is worst with it.
FIGURE: Final[dict[Trouble, str]] = {
    "loss": "loss",
    "audio": "concealed",
    "freezes": "frozen_ms",
    "delay": "round_trip_ms",
    "cpu": "cpu_limited",
    "bandwidth": "bandwidth_limited",
    "reduced": "reduced",
}
# An address of everybody who watches, as in samples.
VIEWERS: Final = ""


class Measured(Protocol):
    """A sample, with its figures as attributes."""

    peer_id: str
    direction: str
    at: dt.datetime
    seconds: int


@dataclass(frozen=True)
class Problem:
    """One trouble of one participant's that lasted, in one direction; `value` is the mean of what it shows in.

    Of freezes it is how many milliseconds the picture stood still in all.
    """

    peer_id: str
    direction: Direction
    trouble: Trouble
    start: dt.datetime
    end: dt.datetime
    value: float

    def says(self, name: str) -> str:
        """What was wrong with somebody of this name, in a sentence without its time."""
        whose = f"{name}'s {'upload' if self.direction == 'up' else 'download'}"
        percent = f"{100 * self.value:.0f} %"
        said: dict[Trouble, str] = {
            "loss": f"{whose} lost {percent} of its packets.",
            "audio": f"{percent} of the sound that {name} heard was made up, since it had not come in time.",
            "freezes": f"Pictures stood still for {name}, {self.value / 1000:.1f} s in all.",
            "delay": f"{name}'s data took {self.value:,.0f} ms to the server and back.",
            "cpu": f"{name}'s device was too busy: the browser sent less because of its processor.",
            "bandwidth": f"{whose} was too narrow: the browser sent less than it wanted to.",
            "reduced": f"{whose} was too narrow: videos came in less detail than the page asked for.",
        }
        return said[self.trouble]


def problems(samples: Iterable[Measured]) -> list[Problem]:
    """All problems of a meeting, in the order in which they began. Samples come in the order of time."""
    runs: defaultdict[tuple[str, str, Trouble], list[list[Measured]]] = defaultdict(list)
    for sample in samples:
        for trouble in troubles_of(figures_of(sample)):
            # The way there and back is one, whichever direction's sample tells how long it took.
            direction = "down" if trouble == "delay" else sample.direction
            of_this = runs[sample.peer_id, direction, trouble]
            if of_this and sample.at - _end(of_this[-1][-1]) <= GAP:
                of_this[-1].append(sample)
            else:
                of_this.append([sample])
    found = [_problem(key, run) for key, of_this in runs.items() for run in of_this]
    lasting = [one for one in found if one.end - one.start >= LASTING.get(one.trouble, dt.timedelta())]
    return sorted(lasting, key=lambda one: (one.start, one.peer_id, one.direction, one.trouble))


def figures_of(sample: Measured) -> Figures:
    """The figures of a sample."""
    return Figures(**{name: getattr(sample, name) for name in NAMES})


def _problem(key: tuple[str, str, Trouble], run: Sequence[Measured]) -> Problem:
    peer_id, direction, trouble = key
    values = [getattr(sample, FIGURE[trouble]) for sample in run]
    value = sum(values) if trouble == "freezes" else sum(values) / len(values)
    return Problem(
        peer_id, "up" if direction == "up" else "down", trouble, run[0].at, max(map(_end, run)), round(value, 4)
    )


def _end(sample: Measured) -> dt.datetime:
    return sample.at + dt.timedelta(seconds=sample.seconds)
