"""A meeting's page: what was wrong, and how each participant's connection was. Pure: rows come in, templates draw."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from stats.meetings import MAX_PAGE
from stats.overview.curves import Band, Point, Span, curve, top_of
from stats.overview.plots import short
from stats.problems import VIEWERS, problems

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Sequence

    from stats.models import Sample
    from stats.overview.curves import Curve
    from stats.problems import Problem

# More than so many participants are in the download only: those who had problems are shown first.
MAX_SHOWN: Final = 40
MAX_PROBLEMS: Final = 100
DIRECTIONS: Final = {"up": "Upload", "down": "Download"}


def _percent(value: float) -> str:
    return f"{value:.0f} %" if value >= 10 or value == 0 else f"{value:.1f} %"


def _bitrate(value: float) -> str:
    if value < 1:
        return "0"
    size = 10 ** max(len(str(round(value))) - 2, 0)
    rounded = short(round(value / size) * size)
    return f"{rounded[:-1]} {rounded[-1]}bit/s" if rounded[-1].isalpha() else f"{rounded} bit/s"


@dataclass(frozen=True)
class Kind:
    """A kind of plot: the figure of a sample that it shows, in which unit, and the least top of its axis."""

    title: str
    value: Callable[[Sample], float | None]
    text: Callable[[float], str]
    least: float


KINDS: Final = (
    Kind("Bits a second", lambda row: row.bitrate_bps, _bitrate, 200_000),
    Kind("Packets lost", lambda row: None if row.loss is None else 100 * row.loss, _percent, 10),
    Kind("There and back", lambda row: row.round_trip_ms, lambda value: f"{value:.0f} ms", 200),
    Kind("Pictures a second", lambda row: row.frame_rate, lambda value: f"{value:.0f}", 30),
)


@dataclass(frozen=True)
class Trouble:
    """A problem in words; `anchor` is where the participant's curves are, if they are shown."""

    start: dt.datetime
    end: dt.datetime
    text: str
    anchor: str


@dataclass(frozen=True)
class Row:
    """One direction of a participant in numbers, over the whole meeting; empty where nothing is known."""

    direction: str
    cells: list[str]


@dataclass(frozen=True)
class Person:
    """A participant's part of the page."""

    anchor: str
    name: str
    note: str
    curves: list[Curve]
    rows: list[Row]
    troubled: bool


@dataclass(frozen=True)
class MeetingPage:
    """All that the template shows. `left_out` participants had no place; `until` is where samples end too early."""

    start: dt.datetime
    end: dt.datetime
    days: bool
    troubles: list[Trouble]
    more_troubles: int
    people: list[Person]
    left_out: int
    until: dt.datetime | None
    labels: list[str]


def meeting_page(start: dt.datetime, end: dt.datetime, rows: Sequence[Sample], names: dict[str, str]) -> MeetingPage:
    """The page of a meeting with these samples, in the order of time, of participants in the order of coming."""
    until = rows[MAX_PAGE].at if len(rows) > MAX_PAGE else None
    rows = rows[:MAX_PAGE]
    span = Span(start, until or end)
    found = problems(rows)
    of_person: defaultdict[str, list[Problem]] = defaultdict(list)
    for problem in found:
        of_person[problem.peer_id].append(problem)
    order = sorted(names, key=lambda peer_id: (peer_id != VIEWERS, peer_id not in of_person))
    shown = {peer_id: f"p{place}" for place, peer_id in enumerate(order[:MAX_SHOWN])}
    by_person: defaultdict[str, list[Sample]] = defaultdict(list)
    for row in rows:
        by_person[row.peer_id].append(row)
    tops = [top_of((value for row in rows if (value := kind.value(row)) is not None), kind.least) for kind in KINDS]
    people = [
        _person(anchor, names[peer_id], by_person[peer_id], of_person[peer_id], span, tops)
        for peer_id, anchor in shown.items()
    ]
    troubles = [
        Trouble(one.start, one.end, one.says(names[one.peer_id]), shown.get(one.peer_id, ""))
        for one in found[:MAX_PROBLEMS]
    ]
    middle = span.start + (span.end - span.start) / 2
    return MeetingPage(
        start,
        end,
        start.date() != end.date(),
        troubles,
        len(found) - len(troubles),
        people,
        len(order) - len(shown),
        until,
        [f"{time:%H:%M}" for time in (span.start, middle, span.end)],
    )


def _person(
    anchor: str, name: str, rows: Sequence[Sample], wrong: Sequence[Problem], span: Span, tops: Sequence[int]
) -> Person:
    bands = [Band(span.x(one.start), max(span.x(one.end) - span.x(one.start), 2), one.says(name)) for one in wrong]
    curves = [
        curve(kind.title, span, {name: _points(rows, name, kind) for name in DIRECTIONS}, bands, top, kind.text)
        for kind, top in zip(KINDS, tops, strict=True)
    ]
    viewers = max((row.participants for row in rows), default=1)
    note = f"up to {viewers:,} at once" if viewers > 1 else ""
    numbers = [_row(title, [row for row in rows if row.direction == name]) for name, title in DIRECTIONS.items()]
    return Person(anchor, name, note, curves, [row for row in numbers if row is not None], bool(wrong))


def _points(rows: Iterable[Sample], direction: str, kind: Kind) -> list[Point]:
    return [
        Point(row.at, row.seconds, value)
        for row in rows
        if row.direction == direction and (value := kind.value(row)) is not None
    ]


def _row(title: str, rows: Sequence[Sample]) -> Row | None:
    """Means over the meeting; freezes in sum; the size that was seen most."""
    if not rows:
        return None
    cells = [_mean([kind.value(row) for row in rows], kind.text) for kind in KINDS]
    sizes = [(row.width, row.height) for row in rows if row.width and row.height]
    width, height = Counter(sizes).most_common(1)[0][0] if sizes else (0, 0)
    frozen = [row for row in rows if row.freezes is not None]
    freezes = sum(row.freezes or 0 for row in frozen)
    frozen_s = sum(row.frozen_ms or 0 for row in frozen) / 1000
    concealed = _mean([None if row.concealed is None else 100 * row.concealed for row in rows], _percent)
    estimate = _mean([row.estimate_bps for row in rows], _bitrate)
    limited = _mean([None if row.cpu_limited is None else 100 * row.cpu_limited for row in rows], _percent)
    return Row(
        title,
        [
            *cells,
            f"{width}×{height}" if sizes else "",  # noqa: RUF001 - how sizes are written
            estimate,
            f"{freezes} ({frozen_s:.1f} s)" if frozen else "",
            concealed,
            limited,
            _mean([None if row.by_tcp is None else 100 * row.by_tcp for row in rows], _percent),
        ],
    )


def _mean(values: Iterable[float | None], text: Callable[[float], str]) -> str:
    known: list[Any] = [value for value in values if value is not None]
    return text(sum(known) / len(known)) if known else ""
