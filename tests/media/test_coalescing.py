"""When a socket is looked at by time. Time is a number."""

from __future__ import annotations

import pytest

from media.net.coalescing import BEGINS_AT, INTERVAL_S, WINDOW_S, Coalescing

BUSY_S = 1 / (2 * BEGINS_AT)


def played(arrivals: list[float], until: float) -> tuple[Coalescing, int, float]:
    """What comes at these times, found as the loop finds it: with how many looks, and how late at most."""
    coalescing, looks, latest = Coalescing(), 0, 0.0
    now, waiting = 0.0, sorted(arrivals)
    while now < until:
        if coalescing.active:
            now += INTERVAL_S
        elif waiting and waiting[0] <= until:
            now = max(now, waiting[0])
        else:
            break
        found = [at for at in waiting if at <= now]
        del waiting[: len(found)]
        latest = max([latest, *(now - at for at in found)])
        coalescing.looked(now, found=bool(found))
        looks += 1
    return coalescing, looks, latest


def every(interval_s: float, seconds: float) -> list[float]:
    return [index * interval_s for index in range(1, int(seconds / interval_s))]


def test_what_comes_all_the_time_waits_for_others_but_not_for_long() -> None:
    coalescing, looks, latest = played(every(BUSY_S, 2.0), 2.0)
    assert coalescing.active
    assert looks < 0.8 * len(every(BUSY_S, 2.0))
    assert latest <= INTERVAL_S + 1e-9


@pytest.mark.parametrize("rate", [1, 50, 170, 0.9 * BEGINS_AT])
def test_what_comes_now_and_then_is_taken_at_once(rate: float) -> None:
    coalescing, looks, latest = played(every(1 / rate, 3.0), 3.0)
    assert not coalescing.active
    assert looks == len(every(1 / rate, 3.0))
    assert latest == 0.0


def test_what_comes_in_bursts_wakes_once_for_each_and_is_taken_at_once() -> None:
    frames = [at for at in every(1 / 30, 3.0) for _ in range(40)]
    coalescing, looks, latest = played(frames, 3.0)
    assert not coalescing.active
    assert looks == len(every(1 / 30, 3.0))
    assert latest == 0.0


def test_it_ends_when_looks_find_nothing() -> None:
    arrivals = every(BUSY_S, 1.0)
    assert played(arrivals, 0.99)[0].active
    assert not played(arrivals, 1.0 + 3 * WINDOW_S)[0].active


def test_the_first_after_silence_begins_nothing() -> None:
    coalescing = Coalescing()
    coalescing.looked(1000.0, found=True)
    assert not coalescing.active
    coalescing.looked(1000.0 + WINDOW_S, found=True)
    assert not coalescing.active


@pytest.mark.parametrize("takes_s", [INTERVAL_S, 5 * INTERVAL_S])
def test_wake_ups_that_always_find_something_go_on_by_time_however_long_they_take(takes_s: float) -> None:
    coalescing = played(every(BUSY_S, 1.0), 0.99)[0]
    for index in range(100):
        coalescing.looked(1.0 + index * takes_s, found=True)
    assert coalescing.active
