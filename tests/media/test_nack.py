"""What is asked for again, how often, and when it is given up."""

from __future__ import annotations

import itertools

import pytest

from media.receive.nack import MAX_ANSWERS, MAX_GAP, MAX_MISSING, MAX_RETRIES, PATIENT_WAIT_MS, NackGenerator


def feed(
    generator: NackGenerator,
    *numbers: int,
    is_keyframe: bool = False,
    is_recovered: bool = False,
    now_ms: float = 0.0,
) -> bool:
    """Whether the last of them showed that something is missing."""
    missing = False
    for number in numbers:
        missing = generator.received(number, now_ms, is_keyframe=is_keyframe, is_recovered=is_recovered)
    return missing


@pytest.mark.parametrize("start", [1, 65_534, 65_535, 131_071])
def test_lost_packets_are_asked_for_at_once_and_once_a_round_trip(start: int) -> None:
    generator = NackGenerator()
    feed(generator, start, start + 1, start + 4)
    lost = [(start + 2) & 0xFFFF, (start + 3) & 0xFFFF]
    assert generator.due(0.0) == lost
    assert generator.due(99.0) == []
    assert generator.due(100.0) == lost
    feed(generator, start + 2)
    assert generator.due(200.0) == lost[1:]
    feed(generator, start + 3, is_recovered=True)
    assert not generator.pending
    assert generator.due(300.0) == []


def test_after_all_tries_only_a_keyframe_helps() -> None:
    generator = NackGenerator()
    feed(generator, 1, 3)
    asked = [bool(generator.due(100.0 * round_trip)) for round_trip in range(MAX_RETRIES + 2)]
    assert asked == [True] * MAX_RETRIES + [False] * 2
    assert generator.keyframe_needed
    assert not generator.pending


def test_a_jump_is_a_restart_and_no_loss() -> None:
    generator = NackGenerator()
    feed(generator, 1, 1 + MAX_GAP + 1)
    assert not generator.pending
    assert generator.keyframe_needed


def test_too_much_loss_is_given_up_and_bounded() -> None:
    generator = NackGenerator()
    for number in range(0, 5000, 100):
        feed(generator, number)
        assert len(generator.due(0.0, rtt_ms=0)) <= MAX_MISSING
    assert generator.keyframe_needed


def test_a_keyframe_makes_most_of_a_large_loss_needless() -> None:
    generator = NackGenerator()
    feed(generator, 1, 400)
    feed(generator, 402, is_keyframe=True)
    assert generator.due(0.0) == [*range(353, 400), 401]


def test_a_retransmission_of_something_newer_teaches_no_order() -> None:
    generator = NackGenerator()
    feed(generator, 1)
    feed(generator, 50, is_recovered=True)
    assert not generator.pending


def test_old_losses_are_forgotten() -> None:
    generator = NackGenerator()
    feed(generator, 1, 3)
    for number in range(4, 2100):
        feed(generator, number)
    assert not generator.pending


@pytest.mark.parametrize("rtt_ms", [100.0, 230.0, 500.0])
def test_a_long_round_trip_is_waited_for(rtt_ms: float) -> None:
    generator = NackGenerator()
    feed(generator, 1, 3)
    asked = [now for now in range(0, 20_000, 10) if generator.due(now, rtt_ms)]
    assert asked == [round(rtt_ms) * index for index in range(MAX_RETRIES)]


def test_a_short_round_trip_is_not_waited_for_longer_but_patience_stays() -> None:
    generator = NackGenerator()
    feed(generator, 1, 3)
    asked = [now for now in range(0, 2000, 10) if generator.due(now, 20.0)]
    assert asked[:4] == [0, 20, 60, 140]
    assert [after - before for before, after in itertools.pairwise(asked[3:])] == [PATIENT_WAIT_MS] * 6
    assert len(asked) == MAX_RETRIES


def test_it_tells_when_something_new_is_missing() -> None:
    generator = NackGenerator()
    assert not feed(generator, 1, 2)
    assert feed(generator, 4)
    assert not feed(generator, 5)
    assert feed(generator, 7)
    assert not feed(generator, 3, 6)
    assert feed(generator, 8 + MAX_GAP)
    assert generator.keyframe_needed


def test_answers_tell_how_long_a_packet_was_waited_for_and_how_often_it_was_asked_for() -> None:
    generator = NackGenerator()
    feed(generator, 1, 5)
    generator.due(10.0)
    feed(generator, 2, is_recovered=True, now_ms=60.0)
    feed(generator, 3, now_ms=70.0)  # late, not by RTX: nobody knows why it came
    generator.due(120.0)
    feed(generator, 4, is_recovered=True, now_ms=150.0)
    feed(generator, 4, is_recovered=True, now_ms=151.0)
    assert list(generator.answers) == [(50.0, 1), (140.0, 2)]


def test_what_came_before_it_was_asked_for_is_no_answer() -> None:
    generator = NackGenerator()
    feed(generator, 1, 3)
    feed(generator, 2, is_recovered=True, now_ms=5.0)
    assert not generator.answers


def test_answers_that_nobody_reads_are_bounded() -> None:
    generator = NackGenerator()
    feed(generator, 1, 400)
    generator.due(0.0)
    feed(generator, *range(2, 400), is_recovered=True, now_ms=30.0)
    assert len(generator.answers) == MAX_ANSWERS
