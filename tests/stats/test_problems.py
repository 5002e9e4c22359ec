"""Problems that are found in samples: troubles that follow one another are one, what must last has to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest

from rooms.runtime.figures import NAMES
from stats.problems import Problem, problems

START = dt.datetime(2026, 11, 29, 10, 3, tzinfo=dt.UTC)


@dataclass
class Row:
    peer_id: str
    direction: str
    at: dt.datetime
    seconds: int

    def __getattr__(self, name: str) -> Any:
        if name in NAMES:
            return None
        raise AttributeError(name)


def row(place: int, peer_id: str = "ada", direction: str = "up", **figures: float) -> Row:
    """The sample of a half-minute."""
    made = Row(peer_id, direction, START + place * dt.timedelta(seconds=30), 30)
    for name, value in figures.items():
        setattr(made, name, value)
    return made


def minutes(problem: Problem) -> tuple[float, float]:
    return tuple((time - START) / dt.timedelta(minutes=1) for time in (problem.start, problem.end))  # type: ignore[return-value]


def test_a_good_meeting_has_none() -> None:
    assert problems([row(place, loss=0.01, round_trip_ms=50) for place in range(100)]) == []
    assert problems([]) == []


def test_what_follows_one_another_is_one_problem_with_its_mean() -> None:
    (found,) = problems([row(place, loss=0.1 + 0.01 * (place % 5)) for place in range(12)])
    assert minutes(found) == (0, 6)
    assert found.value == pytest.approx(0.1192, abs=0.01)
    assert found.says("Ada") == "Ada's upload lost 12 % of its packets."


def test_half_a_minute_of_peace_does_not_divide_it_but_a_minute_does() -> None:
    spoilt = {0, 1, 3, 4, 7, 8}
    samples = [row(place, loss=0.2 if place in spoilt else 0.0) for place in range(10)]
    assert [minutes(found) for found in problems(samples)] == [(0, 2.5), (3.5, 4.5)]


def test_each_participant_direction_and_trouble_has_its_own() -> None:
    samples = [row(0, "ada", loss=0.5), row(0, "ada", "down", loss=0.5), row(0, "bob", round_trip_ms=900)]
    found = [(one.peer_id, one.direction, one.trouble) for one in problems(samples)]
    assert found == [("ada", "down", "loss"), ("ada", "up", "loss"), ("bob", "down", "delay")]


@pytest.mark.parametrize(("figure", "count"), [("reduced", 4), ("bandwidth_limited", 2), ("cpu_limited", 2)])
def test_a_narrow_link_or_a_busy_machine_has_to_last(figure: str, count: int) -> None:
    def found(number: int) -> int:
        return len(problems([row(place, "ada", "up", **{figure: 1.0}) for place in range(number)]))

    assert [found(count - 1), found(count)] == [0, 1]


def test_freezes_are_counted_together() -> None:
    (found,) = problems([row(place, direction="down", frozen_ms=1500) for place in range(2)])
    assert found.says("Ben") == "Pictures stood still for Ben, 3.0 s in all."


def test_the_way_there_and_back_is_one_problem_though_both_directions_tell_of_it() -> None:
    samples = [row(place, direction=way, round_trip_ms=800) for place in range(3) for way in ("down", "up")]
    (found,) = problems(samples)
    assert minutes(found) == (0, 1.5)
    assert found.says("Ada") == "Ada's data took 800 ms to the server and back."
