"""Bar plots of days: where each bar stands and what is written beside it. Pure; templates draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

# A plot's own units: its height, the width of a day with the gap to the next, the width of its bar. Browsers stretch
# both axes to the place that there is.
HEIGHT: Final = 1000
STEP: Final = 20
BAR: Final = 14
# The least height of a bar that is not nothing.
VISIBLE: Final = 15
# Halves of these are round numbers, too.
_ROUND: Final = (2, 4, 6, 8, 10)
_LABELS: Final = 3


@dataclass(frozen=True)
class Value:
    """A day's number, how it is written out, and where more is to be found about it."""

    day: dt.date
    number: float
    text: str
    link: str = ""


@dataclass(frozen=True)
class Bar:
    """A rectangle in the plot's units, `y` from the top, in a day's column that begins at `slot`."""

    value: Value
    slot: int
    x: int
    y: int
    height: int
    unfinished: bool
    width: int = BAR

    @property
    def label(self) -> str:
        """What it shows, in words."""
        return f"{day_text(self.value.day)}: {self.value.text}"


@dataclass(frozen=True)
class Plot:
    """`ticks` are the numbers at the left, from the top down; `labels` stand below equal parts of the axis."""

    name: str
    title: str
    summary: str
    bars: list[Bar]
    ticks: list[str]
    labels: list[str]
    step: int = STEP
    height: int = HEIGHT

    @property
    def width(self) -> int:
        """In the plot's units."""
        return STEP * len(self.bars)


def plot(name: str, title: str, values: Sequence[Value]) -> Plot:
    """A bar for each value, at least one; the last is of today, which is not over."""
    top = ceiling(max(value.number for value in values))
    bars = []
    for place, value in enumerate(values):
        height = max(round(value.number / top * HEIGHT), VISIBLE) if value.number > 0 else 0
        slot = place * STEP
        today = place == len(values) - 1
        bars.append(Bar(value, slot, slot + (STEP - BAR) // 2, HEIGHT - height, height, unfinished=today))
    ticks = [short(top), short(top / 2), "0"]
    return Plot(name, title, _summary(values), bars, ticks, _labels([value.day for value in values]))


def ceiling(number: float) -> int:
    """The top of an axis: the smallest even round number that is not below, at least 2."""
    size = 1
    while _ROUND[-1] * size < number:
        size *= 10
    return next(step * size for step in _ROUND if step * size >= number)


def short(number: float) -> str:
    """A round number in a few characters: 1500 is 1.5k."""
    for size, suffix in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:g}{suffix}"
    return f"{number:g}"


def day_text(day: dt.date) -> str:
    """Such as 21 June."""
    return f"{day.day} {day:%B}"


def _labels(days: Sequence[dt.date]) -> list[str]:
    """Each day's name in a week; else the first day of each third."""
    if len(days) <= 7:
        return [f"{day:%a} {day.day}" for day in days]
    return [f"{day.day} {day:%b}" for day in days[:: len(days) // _LABELS][:_LABELS]]


def _summary(values: Sequence[Value]) -> str:
    """What one sees at a glance, for those who don't."""
    first, last = values[0].day, values[-1].day
    highest = max(values, key=lambda value: value.number)
    period = f"{day_text(first)} to {day_text(last)}, a bar for each day."
    if highest.number <= 0:
        return f"{period} There were none."
    return f"{period} The highest is {day_text(highest.day)}: {highest.text}."
