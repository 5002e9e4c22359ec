"""Periods as integrators write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.period import EPOCH, LATEST, Period, instant, period

MIDNIGHT = 1_624_233_600  # 2021-06-21T00:00:00Z


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2021-06-21T00:00:00.0Z", 0),
        ("2021-06-21T23:59:59.99Z", 86_399.99),
        ("2021-06-21T00:00:00Z", 0),
        ("2021-06-21t00:00:00z", 0),
        ("2021-06-21T00:00Z", 0),
        ("2021-06-21T02:00:00+02:00", 0),
        ("2021-06-21T02:00:00 02:00", 0),
        ("2021-06-21T02:00:00+0200", 0),
        ("2021-06-20T18:30:00.5-05:30", 0.5),
        ("2021-06-21T00:00:00.123456789Z", 0.123456),
    ],
)
def test_times_are_iso_8601_with_an_offset(text: str, seconds: float) -> None:
    assert (instant(text) - EPOCH).total_seconds() == MIDNIGHT + seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "1624233600",
        "2021-06-21",
        "2021-06-21T00:00:00",
        "2021-06-21 00:00:00Z",
        "2021-06-31T00:00:00Z",
        "2021-06-21T25:00:00Z",
        "2021-06-21T00:00:00+99:00",
        "2021-W25-1T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "2021-06-21T00:00:00Z\x00",
        "٢٠٢١-06-21T00:00:00Z",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^[A-Z].*\.$"):
        instant(text)


@given(st.text() | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"))
def test_no_text_breaks_it(text: str) -> None:
    try:
        time = instant(text)
    except ValueError:
        return
    assert time.utcoffset() is not None


def test_a_period_has_the_whole_seconds_that_it_touches() -> None:
    day = period(instant("2021-06-21T00:00:00.0Z"), instant("2021-06-21T23:59:59.99Z"))
    next_day = period(instant("2021-06-22T00:00:00.0Z"), instant("2021-06-22T23:59:59.99Z"))
    assert (day.start, day.end) == (MIDNIGHT, MIDNIGHT + 86_400)
    assert day.end == next_day.start
    assert period(instant("2021-06-21T00:00:00.9Z"), instant("2021-06-21T00:00:05Z")) == Period(MIDNIGHT, MIDNIGHT + 5)
    assert (day.started_at, day.ended_at) == (instant("2021-06-21T00:00:00Z"), instant("2021-06-22T00:00:00Z"))


def test_the_calendars_ends_can_be_asked_for() -> None:
    ever = period(instant("0001-01-01T00:00:00Z"), instant("9999-12-31T23:59:59.99Z"))
    assert (ever.started_at.year, ever.ended_at.year, ever.end) == (1, 9999, LATEST)


@pytest.mark.parametrize("end", ["2021-06-21T00:00:00Z", "2021-06-20T00:00:00Z"])
def test_a_period_ends_after_it_starts(end: str) -> None:
    with pytest.raises(ValueError, match="later"):
        period(instant("2021-06-21T00:00:00Z"), instant(end))
