"""Keyframe requests are gathered, repeated when unanswered, and given up in the end."""

from __future__ import annotations

from media.receive.keyframes import IGNORED_S, MAX_RETRIES, KeyFrameThrottle


def test_many_receivers_cause_one_request() -> None:
    throttle = KeyFrameThrottle()
    assert throttle.requested(10.0)
    assert not any(throttle.requested(10.0 + index / 100) for index in range(40))


def test_an_unanswered_request_is_repeated_twice_a_second_and_given_up() -> None:
    throttle = KeyFrameThrottle()
    throttle.requested(0.0)
    repeated = [tenth for tenth in range(1, 200) if throttle.due(tenth / 10)]
    assert repeated == [5 * (index + 1) for index in range(MAX_RETRIES)]
    assert not throttle.pending


def test_nothing_is_repeated_after_the_keyframe_came() -> None:
    throttle = KeyFrameThrottle()
    throttle.requested(0.0)
    throttle.arrived()
    assert not throttle.due(5.0)


def test_a_newcomer_right_after_a_keyframe_gets_one_of_his_own_a_little_later() -> None:
    throttle = KeyFrameThrottle()
    throttle.requested(0.0)
    throttle.arrived()
    assert not throttle.requested(0.1)
    assert not throttle.due(0.3)
    assert throttle.due(0.5)


def test_a_sender_that_was_asked_for_another_layer_just_now_is_asked_again_when_it_listens() -> None:
    throttle = KeyFrameThrottle()
    throttle.other_asked(0.0)
    assert not throttle.requested(0.1)
    assert throttle.pending
    assert not throttle.due(0.2)
    assert throttle.due(IGNORED_S)
