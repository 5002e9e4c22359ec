"""When datagrams came, by stamps of a wall clock that may be set at any time."""

from __future__ import annotations

import random

import pytest

from media.net.arrival_times import ArrivalTimes

WALL_S = 1_800_000_000


def looked(*looks: tuple[float, float, bool]) -> ArrivalTimes:
    """Looks at a socket: when, by both clocks, and whether nothing was left."""
    times = ArrivalTimes()
    for now, wall_s, emptied in looks:
        times.looked(now, wall_s, emptied=emptied)
    return times


def test_a_datagram_came_when_the_kernel_stamped_it() -> None:
    times = looked((5.0, WALL_S, True), (5.05, WALL_S + 0.05, True))
    assert times.arrived_at(WALL_S, 20_000_000) == pytest.approx(5.02, abs=1e-6)


def test_what_was_left_by_a_look_came_after_the_one_before() -> None:
    times = looked((5.0, WALL_S, True), (5.05, WALL_S + 0.05, False), (5.1, WALL_S + 0.1, True))
    assert times.arrived_at(WALL_S, 20_000_000) == pytest.approx(5.02, abs=1e-6)


@pytest.mark.parametrize(("step_s", "told"), [(-3600, 5.05), (-0.04, 5.05), (0.04, 5.0), (3600, 5.0)])
def test_a_wall_clock_that_is_set_moves_nothing_out_of_the_time_between_two_looks(step_s: float, told: float) -> None:
    times = looked((5.0, WALL_S, True), (5.05, WALL_S + 0.05 + step_s, True))
    assert times.arrived_at(WALL_S, 20_000_000) == pytest.approx(told, abs=1e-6)


def test_what_comes_after_a_wall_clock_was_set_is_told_right() -> None:
    times = looked((5.0, WALL_S, True), (5.05, WALL_S + 3600.05, True), (5.1, WALL_S + 3600.1, True))
    assert times.arrived_at(WALL_S + 3600, 70_000_000) == pytest.approx(5.07, abs=1e-6)


def test_without_a_stamp_or_an_earlier_look_it_came_when_it_was_taken() -> None:
    assert looked((5.0, WALL_S, True), (5.05, WALL_S + 0.05, True)).arrived_at(0, 0) == 5.05
    assert looked((5.0, WALL_S, True)).arrived_at(WALL_S - 1, 0) == 5.0
    assert looked((5.0, WALL_S, False), (5.1, WALL_S, False)).arrived_at(WALL_S - 1, 0) == 5.1


@pytest.mark.parametrize("seed", range(20))
def test_whatever_a_stamp_says_what_a_look_found_came_after_what_an_earlier_one_found(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same chances in each run
    times, now, told = ArrivalTimes(), 5.0, 0.0
    for _ in range(200):
        now += chance.uniform(0.0001, 0.1)
        times.looked(now, now + chance.choice([WALL_S, WALL_S, chance.uniform(-1e12, 1e12)]), emptied=True)
        found = []
        for _ in range(10):
            stamp = chance.choice([int(now) + WALL_S, chance.getrandbits(63) - 2**62]), chance.getrandbits(64) - 2**63
            found.append(times.arrived_at(*stamp))
        assert told <= min(found) <= max(found) <= now
        told = max(found)
