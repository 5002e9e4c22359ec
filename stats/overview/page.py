"""What stands on an account's overview. Pure: numbers come in, templates show what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from stats.overview.plots import Value, day_text, plot

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from stats.overview.days import DaySums
    from stats.overview.plots import Plot

NONE: Final = "none"
# For one and for more.
PEOPLE: Final = ("person", "people")
ROOMS: Final = ("room", "rooms")


@dataclass(frozen=True)
class Day:
    """A day's sums, where its sessions are listed, and where its failures are."""

    day: dt.date
    sums: DaySums
    link: str
    failures_link: str = ""

    @property
    def minutes(self) -> int:
        """Of all participants together."""
        return self.sums.seconds // 60

    @property
    def failures(self) -> int:
        """Of all kinds."""
        return self.sums.lost + self.sums.failed_events


@dataclass(frozen=True)
class Figure:
    """A large number with its unit, and a line below it."""

    title: str
    number: str
    unit: str
    note: str
    link: str = ""


@dataclass(frozen=True)
class Cell:
    """A number in the table."""

    text: str
    link: str = ""


@dataclass(frozen=True)
class Row:
    """A day in the table."""

    day: dt.date
    link: str
    cells: list[Cell]


def figures(days: Sequence[Day]) -> list[Figure]:
    """The period as a whole."""
    minutes = sum(day.sums.seconds for day in days) // 60
    return [
        Figure("Participant minutes", f"{minutes:,}", "min", f"in {len(days)} days"),
        _highest("Most people at once", PEOPLE, days, lambda day: day.sums.peak),
        _highest("Most rooms in a day", ROOMS, days, lambda day: day.sums.rooms),
        Figure("Failures", f"{sum(day.failures for day in days):,}", "", _failures(days)),
    ]


def now_in(people: int, rooms: int, link: str) -> Figure:
    """Who is in rooms at this moment."""
    return Figure("In rooms now", f"{people:,}", _unit(people, PEOPLE), f"in {_counted(*ROOMS)(rooms)}", link)


def plots(days: Sequence[Day]) -> list[Plot]:
    """A bar for each day."""
    return [
        _plot("minutes", "Participant minutes", days, lambda day: day.minutes, _counted("minute", "minutes")),
        _plot("peak", "Most people at once", days, lambda day: day.sums.peak, _counted(*PEOPLE)),
        _plot("rooms", "Rooms", days, lambda day: day.sums.rooms, _counted(*ROOMS)),
        _plot(
            "failures",
            "Failures",
            days,
            lambda day: day.failures,
            _counted("failure", "failures"),
            lambda day: day.failures_link,
        ),
    ]


def rows(days: Sequence[Day]) -> list[Row]:
    """The same in numbers, newest first."""
    return [
        Row(
            day.day,
            day.link,
            [
                Cell(f"{day.minutes:,}"),
                Cell(f"{day.sums.peak:,}"),
                Cell(f"{day.sums.rooms:,}"),
                Cell(f"{day.sums.sessions:,}"),
                Cell(f"{day.failures:,}", day.failures_link),
            ],
        )
        for day in reversed(days)
    ]


def _plot(
    name: str,
    title: str,
    days: Sequence[Day],
    number: Callable[[Day], int],
    text: Callable[[int], str],
    link: Callable[[Day], str] = lambda day: day.link,
) -> Plot:
    return plot(name, title, [Value(day.day, number(day), text(number(day)), link(day)) for day in days])


def _highest(title: str, units: tuple[str, str], days: Sequence[Day], number: Callable[[Day], int]) -> Figure:
    """The first day that has the most. The units are for one and for more."""
    day = max(days, key=number)
    most = number(day)
    return Figure(title, f"{most:,}", _unit(most, units), f"on {day_text(day.day)}" if most else NONE)


def _failures(days: Sequence[Day]) -> str:
    """Which they were."""
    lost = sum(day.sums.lost for day in days)
    events = sum(day.sums.failed_events for day in days)
    parts = []
    if lost:
        parts.append(f"{_counted('session', 'sessions')(lost)} cut off")
    if events:
        parts.append(f"{_counted('event', 'events')(events)} not taken")
    return ", ".join(parts) or NONE


def _counted(one: str, more: str) -> Callable[[int], str]:
    return lambda number: f"{number:,} {_unit(number, (one, more))}"


def _unit(number: int, units: tuple[str, str]) -> str:
    one, more = units
    return one if number == 1 else more
