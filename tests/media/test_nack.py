"""What is asked for again, how often, and when it is given up."""

from __future__ import annotations

import pytest

from media.receive.nack import MAX_GAP, MAX_MISSING, MAX_RETRIES, NackGenerator


def feed(generator: NackGenerator, *numbers: int, is_keyframe: bool = False, is_recovered: bool = False) -> None:
    for number in numbers:
        generator.received(number, is_keyframe=is_keyframe, is_recovered=is_recovered)


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
