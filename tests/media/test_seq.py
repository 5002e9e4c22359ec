"""Numbers that wrap around."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtp.seq import Unwrapper, seq_delta


@pytest.mark.parametrize(
    ("a", "b", "delta"),
    [(1, 0, 1), (0, 1, -1), (0, 65_535, 1), (65_535, 0, -1), (0x7FFF, 0, 0x7FFF), (0x8000, 0, -0x8000), (5, 5, 0)],
)
def test_distance(a: int, b: int, delta: int) -> None:
    assert seq_delta(a, b) == delta


@given(st.integers(0, 0xFFFF), st.lists(st.integers(-300, 300), max_size=300))
def test_unwrapping_follows_any_walk(start: int, steps: list[int]) -> None:
    unwrapper = Unwrapper()
    position = highest = unwrapper.unwrap(start)
    assert position == start + 0x10000
    for step in steps:
        position = highest + step
        assert unwrapper.unwrap(position & 0xFFFF) == position
        highest = max(highest, position)


@pytest.mark.parametrize("start", [0, 1, 0x7FFF, 0xFFFF])
def test_three_cycles_forward(start: int) -> None:
    unwrapper = Unwrapper()
    numbers = [unwrapper.unwrap((start + step) & 0xFFFF) for step in range(0, 3 * 0x10000, 1000)]
    assert [number - numbers[0] for number in numbers] == list(range(0, 3 * 0x10000, 1000))


def test_late_numbers_before_the_first_stay_positive() -> None:
    unwrapper = Unwrapper()
    unwrapper.unwrap(3)
    assert unwrapper.unwrap(65_530) == 65_530
