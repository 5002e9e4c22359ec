"""When it is tried again, and when it is given up."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.webhooks.models import State
from rooms.webhooks.schedule import LIFETIME, Verdict, judge, pause
from tests.webhooks.parts import START

CHANCES = st.floats(0, 1)


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(1, 5), (2, 15), (3, 45), (4, 135), (5, 405), (6, 1215), (7, 3645), (8, 10800), (9, 10800), (1000, 10800)],
)
def test_pauses_grow_threefold_up_to_three_hours(failures: int, seconds: int) -> None:
    assert pause(failures, 0.5) == dt.timedelta(seconds=seconds)
    assert pause(failures, 0) == dt.timedelta(seconds=seconds * 0.8)
    assert pause(failures, 1) == dt.timedelta(seconds=seconds * 1.2)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_is_a_yes_however_late(status: int) -> None:
    assert judge(status, 50, START, START + 10 * LIFETIME, 0.5) == Verdict(State.DELIVERED, None)


@pytest.mark.parametrize("status", [None, 100, 199, 300, 301, 307, 400, 401, 404, 409, 429, 500, 503, 599])
def test_everything_else_is_tried_again(status: int | None) -> None:
    assert judge(status, 0, START, START, 0.5) == Verdict(State.FAILED, START + dt.timedelta(seconds=5))


def test_who_is_gone_is_not_asked_again() -> None:
    assert judge(410, 0, START, START, 0.5) == Verdict(State.GIVEN_UP, None)


def test_what_is_older_than_a_day_has_one_attempt() -> None:
    assert judge(500, 0, START, START + LIFETIME, 0).state == State.GIVEN_UP
    assert judge(200, 0, START, START + LIFETIME, 0).state == State.DELIVERED


@given(st.lists(CHANCES, min_size=40, max_size=40), st.integers(0, 5000))
def test_it_is_tried_for_a_day_and_no_longer(chances: list[float], answer_ms: int) -> None:
    now = START
    attempts = [now]
    for failures, chance in enumerate(chances):
        now += dt.timedelta(milliseconds=answer_ms)
        verdict = judge(500, failures, START, now, chance)
        if verdict.due_at is None:
            break
        assert now < verdict.due_at <= START + LIFETIME
        now = verdict.due_at
        attempts.append(now)
    assert verdict == Verdict(State.GIVEN_UP, None)
    # The last one was less than one longest pause before the day was over.
    assert START + LIFETIME - attempts[-1] < dt.timedelta(hours=3.61)
    assert 13 <= len(attempts) <= 19
