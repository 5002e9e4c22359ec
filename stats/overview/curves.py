"""Curves over the time of a meeting: where each line runs and what is written beside it. Pure; templates draw."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from stats.overview.plots import HEIGHT, ceiling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# A plot's own units; browsers stretch both axes to the place that there is.
WIDTH: Final = 1000
# A line has so many points at most: more are put together.
MAX_POINTS: Final = 240
# A line is broken where nothing is known for so many samples.
MAX_GAP: Final = 2.5


@dataclass(frozen=True)
class Point:
    """A value that held for `seconds` from `at` on."""

    at: dt.datetime
    seconds: int
    value: float


@dataclass(frozen=True)
class Line:
    """`name` is `up` or `down`; `d` is its path; `text` says its mean and its extremes."""

    name: str
    d: str
    text: str


@dataclass(frozen=True)
class Band:
    """A time in which something was wrong, in the plot's units."""

    x: float
    width: float
    text: str


@dataclass(frozen=True)
class Curve:
    """A small plot; `ticks` are the numbers at the left, from the top down."""

    title: str
    summary: str
    lines: list[Line]
    bands: list[Band]
    ticks: list[str]
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True)
class Span:
    """The time that all plots of a page show."""

    start: dt.datetime
    end: dt.datetime

    def x(self, time: dt.datetime) -> float:
        """Where a time stands, within the plot."""
        whole = (self.end - self.start).total_seconds()
        passed = (time - self.start).total_seconds()
        return round(min(max(passed / whole, 0.0), 1.0) * WIDTH, 1) if whole > 0 else 0.0


def curve(
    title: str,
    span: Span,
    series: dict[str, Sequence[Point]],
    bands: Iterable[Band],
    top: int,
    text: Callable[[float], str],
) -> Curve:
    """One plot with a line for each of `series` that has points, up to `top`."""
    lines = [_line(name, span, points, top, text) for name, points in series.items() if points]
    said = ". ".join(f"{'Upload' if line.name == 'up' else 'Download'}: {line.text}" for line in lines)
    return Curve(title, said or "Nothing is known.", lines, list(bands), [text(top), text(top / 2), text(0)])


def top_of(values: Iterable[float], least: float) -> int:
    """The top of an axis that all plots of a kind have in common."""
    return ceiling(max(max(values, default=0.0), least))


def _line(name: str, span: Span, points: Sequence[Point], top: int, text: Callable[[float], str]) -> Line:
    values = [point.value for point in points]
    mean = sum(values) / len(values)
    said = f"{text(mean)} on average, from {text(min(values))} to {text(max(values))}"
    return Line(name, "".join(_path(span, _together(points), top)), said)


def _path(span: Span, points: Sequence[Point], top: int) -> Iterable[str]:
    """A step for each point, so that one alone is seen as well."""
    reached: dt.datetime | None = None
    for point in points:
        y = round(HEIGHT * (1 - min(point.value / top, 1.0)), 1)
        begin, end = span.x(point.at), span.x(_end(point))
        gap_s = (point.at - reached).total_seconds() if reached is not None else None
        together = gap_s is not None and gap_s <= MAX_GAP * point.seconds
        yield f"{'L' if together else 'M'}{begin:g} {y:g}"
        yield f"H{max(end, begin + 1):g}"
        reached = _end(point)


def _together(points: Sequence[Point]) -> Sequence[Point]:
    """Means of so many that `MAX_POINTS` are left."""
    size = -(-len(points) // MAX_POINTS)
    if size <= 1:
        return points
    groups = [points[place : place + size] for place in range(0, len(points), size)]
    return [
        Point(
            group[0].at,
            round((_end(group[-1]) - group[0].at).total_seconds()),
            sum(point.value for point in group) / len(group),
        )
        for group in groups
    ]


def _end(point: Point) -> dt.datetime:
    return point.at + dt.timedelta(seconds=point.seconds)
