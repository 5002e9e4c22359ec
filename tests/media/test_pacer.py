"""A leaky bucket: its rate, its order, its bound in time."""

from __future__ import annotations

import pytest

from media.send.pacer import BURST_S, KEYFRAME_WAIT_S, MAX_WAIT_S, MIN_BPS, Pacer

STEP_S = 0.005


def drained(pacer: Pacer[int], start: float = 10.0) -> list[tuple[float, int]]:
    """When each packet left."""
    left: list[tuple[float, int]] = []
    step = 0
    while len(pacer):
        now = start + step * STEP_S
        left += [(now - start, item) for item in pacer.due(now)]
        step += 1
    return left


def test_packets_leave_at_the_rate() -> None:
    pacer: Pacer[int] = Pacer(2_000_000, 10.0)
    for number in range(50):
        pacer.put(number, 1000)
    left = drained(pacer)
    assert [item for _, item in left] == list(range(50))
    assert left[-1][0] == pytest.approx(0.2, abs=0.02)
    assert pacer.queued_bytes == 0


def test_after_a_pause_not_all_leaves_at_once() -> None:
    pacer: Pacer[int] = Pacer(1_000_000, 10.0)
    for number in range(20):
        pacer.put(number, 1000)
    assert len(pacer.due(1000.0)) <= BURST_S * 1_000_000 / 8 / 1000 + 1


@pytest.mark.parametrize("late_s", [0.012, 0.033, 0.08])
def test_a_timer_that_is_late_loses_nothing_for_what_waits(late_s: float) -> None:
    pacer: Pacer[int] = Pacer(1_000_000, 10.0)
    for number in range(200):
        pacer.put(number, 1000)
    left = 0
    for step in range(int(1.0 / late_s) + 1):
        left += len(pacer.due(10.0 + step * late_s))
    assert left * 1000 * 8 == pytest.approx(1_000_000, rel=0.1)


def test_retransmissions_go_first_and_order_is_kept() -> None:
    pacer: Pacer[str] = Pacer(1_000_000, 10.0)
    pacer.put("a", 1000)
    pacer.put("b", 1000)
    pacer.put_first("1", 1000)
    pacer.put_first("2", 1000)
    left: list[str] = []
    for step in range(1, 20):
        left += pacer.due(10.0 + step * 0.01)
    assert left == ["1", "2", "a", "b"]


def test_it_is_full_of_what_would_wait_too_long() -> None:
    pacer: Pacer[int] = Pacer(0, 10.0)
    assert pacer.rate_bps == MIN_BPS
    most = int(MAX_WAIT_S * MIN_BPS / 8)
    seen = []
    for size in (most, 1):
        pacer.put(1, size)
        seen.append(pacer.full())
    assert seen == [False, True]
    seen = [pacer.full_of_retransmissions]
    pacer.put_first(3, most + 1)
    assert [*seen, pacer.full_of_retransmissions] == [False, True]


def test_a_keyframe_gets_through_in_bounded_time_however_slow_the_link_is() -> None:
    pacer: Pacer[int] = Pacer(0, 10.0)
    for number in range(100):
        pacer.put(number, 1000, keyframe=True)
    assert not pacer.full()
    left = drained(pacer)
    assert len(left) == 100
    # It leaves ever slower, as less of it waits, but never slower than the rate.
    assert next(at for at, number in left if number == 60) < KEYFRAME_WAIT_S
    assert left[-1][0] < 100_000 * 8 / MIN_BPS


def test_a_clock_that_goes_back_gives_nothing() -> None:
    pacer: Pacer[int] = Pacer(1_000_000, 10.0)
    pacer.put(1, 1000)
    assert pacer.due(9.0) == []
    assert pacer.due(9.1) == [1]


def test_some_can_be_removed() -> None:
    pacer: Pacer[int] = Pacer(1_000_000, 10.0)
    for number in range(6):
        if number < 2:
            pacer.put_first(number, 100)
        else:
            pacer.put(number, 100, keyframe=True)
    assert pacer.remove(lambda item: item % 2 == 0) == [2, 4]
    assert pacer.queued_bytes == 300
    assert [item for _, item in drained(pacer)] == [1, 3, 5]
