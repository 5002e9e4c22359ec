"""A leaky bucket: its rate, its order, its bound in time."""

from __future__ import annotations

import pytest

from media.send.pacer import BURST_S, MAX_WAIT_S, MIN_BPS, Pacer

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


def test_retransmissions_go_first_and_order_is_kept() -> None:
    pacer: Pacer[str] = Pacer(1_000_000, 10.0)
    pacer.put("a", 1000)
    pacer.put("b", 1000)
    pacer.put("1", 1000, first=True)
    pacer.put("2", 1000, first=True)
    left: list[str] = []
    for step in range(1, 20):
        left += pacer.due(10.0 + step * 0.01)
    assert left == ["1", "2", "a", "b"]


def test_what_waits_is_bounded_in_time_however_slow_the_link_is() -> None:
    pacer: Pacer[int] = Pacer(0, 10.0)
    assert pacer.rate_bps == MIN_BPS
    queued: dict[int, float] = {}
    longest, number = 0.0, 0
    for step in range(1000):
        now = 10.0 + step * STEP_S
        for _ in range(2):
            pacer.put(number, 1000)
            queued[number] = now
            number += 1
        for item in pacer.due(now):
            longest = max(longest, now - queued.pop(item))
    assert longest <= 1.1 * MAX_WAIT_S


def test_a_clock_that_goes_back_gives_nothing() -> None:
    pacer: Pacer[int] = Pacer(1_000_000, 10.0)
    pacer.put(1, 1000)
    assert pacer.due(9.0) == []
    assert pacer.due(9.1) == [1]


def test_some_can_be_removed() -> None:
    pacer: Pacer[int] = Pacer(1_000_000, 10.0)
    for number in range(6):
        pacer.put(number, 100, first=number < 2)
    pacer.remove(lambda item: item % 2 == 0)
    assert pacer.queued_bytes == 300
    assert [item for _, item in drained(pacer)] == [1, 3, 5]
