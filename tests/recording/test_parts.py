"""Long recordings become several videos."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.jobs.parts import PART_S, Part, parts

HOUR = 3600.0


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (0.5, [Part(1, 0, 0.5 * HOUR)]),
        (4, [Part(1, 0, 4 * HOUR)]),
        (4.5, [Part(1, 0, 4 * HOUR), Part(2, 4 * HOUR, 4.5 * HOUR)]),
        (9, [Part(1, 0, 4 * HOUR), Part(2, 4 * HOUR, 8 * HOUR), Part(3, 8 * HOUR, 9 * HOUR)]),
        (0, []),
    ],
)
def test_a_recording_that_has_ended_is_divided_into_four_hours_each(hours: float, expected: list[Part]) -> None:
    assert parts(hours * HOUR, ended=True) == expected


def test_one_that_goes_on_has_whole_parts_only() -> None:
    assert parts(3.9 * HOUR, ended=False) == []
    assert parts(8.5 * HOUR, ended=False) == parts(8 * HOUR, ended=True)


@given(st.floats(0, 200 * HOUR))
def test_nothing_is_left_out_and_nothing_is_there_twice(duration_s: float) -> None:
    made = parts(duration_s, ended=True)
    assert all(0 < part.to_s - part.from_s <= PART_S for part in made)
    assert all(one.to_s == other.from_s for one, other in itertools.pairwise(made))
    assert (made[0].from_s, made[-1].to_s) == (0, duration_s) if made else duration_s == 0
    assert [part.number for part in made] == list(range(1, len(made) + 1))
