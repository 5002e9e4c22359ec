"""Where bars stand, and what is written beside them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.overview.days import last_days, period
from stats.overview.plots import HEIGHT, VISIBLE, Value, ceiling, plot, short

TODAY = dt.date(2026, 6, 21)


def values(numbers: list[int]) -> list[Value]:
    days = last_days(TODAY, len(numbers))
    return [Value(day, number, f"{number} minutes") for day, number in zip(days, numbers, strict=True)]


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=90))
def test_bars_stand_on_the_axis_in_their_columns_and_in_the_order_of_their_numbers(numbers: list[int]) -> None:
    drawn = plot("minutes", "Minutes", values(numbers))
    for place, bar in enumerate(drawn.bars):
        assert bar.y + bar.height == pytest.approx(HEIGHT)
        assert 0 <= bar.y <= HEIGHT
        assert place * drawn.step <= bar.x
        assert bar.x + bar.width <= (place + 1) * drawn.step <= drawn.width
        assert (bar.height == 0) == (numbers[place] == 0)
        assert bar.height == 0 or bar.height >= VISIBLE
    by_number = sorted(zip(numbers, (bar.height for bar in drawn.bars), strict=True))
    assert [height for _, height in by_number] == sorted(height for _, height in by_number)


@given(st.integers(0, 10**15))
def test_the_axis_ends_at_a_round_number_whose_half_is_one_too(number: int) -> None:
    top = ceiling(number)
    assert top >= max(number, 2)
    assert top % 2 == 0
    assert len(str(top // 2).rstrip("0")) == 1
    assert top <= max(2 * number, 2)


@pytest.mark.parametrize(
    ("numbers", "ticks"),
    [
        ([0, 0], ["2", "1", "0"]),
        ([1, 3], ["4", "2", "0"]),
        ([11], ["20", "10", "0"]),
        ([900, 1001], ["2k", "1k", "0"]),
        ([2500], ["4k", "2k", "0"]),
        ([5_600_000], ["6M", "3M", "0"]),
        ([9_000], ["10k", "5k", "0"]),
    ],
)
def test_ticks(numbers: list[int], ticks: list[str]) -> None:
    assert plot("minutes", "Minutes", values(numbers)).ticks == ticks


@pytest.mark.parametrize(("number", "text"), [(500, "500"), (1500, "1.5k"), (30_000_000_000, "30G")])
def test_short_numbers(number: int, text: str) -> None:
    assert short(number) == text


@pytest.mark.parametrize(
    ("count", "labels"),
    [
        (7, ["Mon 15", "Tue 16", "Wed 17", "Thu 18", "Fri 19", "Sat 20", "Sun 21"]),
        (30, ["23 May", "2 Jun", "12 Jun"]),
        (90, ["24 Mar", "23 Apr", "23 May"]),
    ],
)
def test_labels_stand_below_the_first_day_of_equal_parts(count: int, labels: list[str]) -> None:
    assert plot("minutes", "Minutes", values([1] * count)).labels == labels


def test_only_today_is_not_over() -> None:
    assert [bar.unfinished for bar in plot("minutes", "Minutes", values([1, 2, 3])).bars] == [False, False, True]


def test_a_summary_says_what_one_sees() -> None:
    drawn = plot("minutes", "Minutes", values([5, 120, 3]))
    assert drawn.summary == "19 June to 21 June, a bar for each day. The highest is 20 June: 120 minutes."
    assert drawn.bars[1].label == "20 June: 120 minutes"
    assert plot("minutes", "Minutes", values([0])).summary.endswith("There were none.")


@pytest.mark.parametrize(("text", "days"), [("7", 7), ("90", 90), ("", 30), ("8", 30), ("1e1", 30), ("-7", 30)])
def test_the_period_is_one_of_those_that_are_offered(text: str, days: int) -> None:
    assert period(text) == days
