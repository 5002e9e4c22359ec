"""How long answers to NACKs are waited for."""

from __future__ import annotations

import pytest

from media.receive.round_trip import INITIAL_WAIT_MS, MAX_WAIT_MS, MIN_WAIT_MS, RoundTrip


def after(*answers: tuple[float, int]) -> RoundTrip:
    made = RoundTrip()
    for waited_ms, asks in answers:
        made.answered(waited_ms, asks)
    return made


def test_before_any_answer_it_is_a_guess() -> None:
    assert RoundTrip().wait_ms == INITIAL_WAIT_MS


@pytest.mark.parametrize("rtt_ms", [30.0, 80.0, 240.0, 450.0])
def test_steady_answers_lead_to_the_round_trip_itself(rtt_ms: float) -> None:
    measured = after(*[(rtt_ms, 1)] * 40)
    assert rtt_ms <= measured.wait_ms <= rtt_ms + 1


def test_the_first_answer_leaves_room_for_slower_ones() -> None:
    assert after((60.0, 1)).wait_ms == 60.0 + 4 * 30.0


def test_answers_that_vary_are_waited_for_longer() -> None:
    steady, varying = after(*[(80.0, 1)] * 50), after(*[(50.0, 1), (110.0, 1)] * 25)
    assert varying.wait_ms > steady.wait_ms + 50


def test_it_stays_within_bounds() -> None:
    assert after(*[(0.5, 1)] * 50).wait_ms == MIN_WAIT_MS
    assert after(*[(5000.0, 1)] * 50).wait_ms == MAX_WAIT_MS
    assert after((5000.0, 7)).wait_ms == MAX_WAIT_MS


def test_an_answer_to_one_of_several_requests_is_no_sample_but_a_bound() -> None:
    """With a guess below the round trip each packet is asked for twice, so that no clean sample would ever come."""
    measured = after((300.0, 3))
    assert measured.wait_ms == 300.0
    measured.answered(130.0, 2)
    assert measured.wait_ms == 300.0
    measured.answered(300.0, 1)
    for _ in range(40):
        measured.answered(300.0, 1)
    assert 300 <= measured.wait_ms <= 301


def test_a_round_trip_that_grows_is_followed() -> None:
    measured = after(*[(30.0, 1)] * 40)
    measured.answered(400.0, 4)
    assert measured.wait_ms == 400.0


def test_a_round_trip_that_shrinks_is_followed() -> None:
    measured = after(*[(400.0, 1)] * 20)
    for _ in range(60):
        measured.answered(30.0, 1)
    assert measured.wait_ms < 40
