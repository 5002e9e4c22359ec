"""One timer for all: hurried members each tick, reports once in fifty, failures stay with their cause."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, cast

import pytest

from media.ticker import CALLED_AT_ONCE, TICK_S, TICKS_PER_REPORT, Ticker
from tests.media.clients import until

if TYPE_CHECKING:
    from collections.abc import Callable


class Member:
    def __init__(self, ticks_wanted: int = 0) -> None:
        self.ticks = 0
        self.reports = 0
        self._wanted = ticks_wanted

    def tick(self, _now: float) -> bool:
        self.ticks += 1
        return self.ticks < self._wanted

    def report(self, _now: float) -> None:
        self.reports += 1


class Failing(Member):
    def tick(self, _now: float) -> bool:
        self.ticks += 1
        message = "tick"
        raise ValueError(message)

    def report(self, _now: float) -> None:
        self.reports += 1
        message = "report"
        raise ValueError(message)


class StillLoop:
    """A loop whose timers never fire by themselves; `run` does what was to be done soon."""

    def __init__(self) -> None:
        self.ready: list[Callable[[], None]] = []
        self.delays: list[float] = []

    def call_soon(self, callback: Callable[[], None]) -> None:
        self.ready.append(callback)

    def run(self) -> None:
        ready, self.ready = self.ready, []
        for callback in ready:
            callback()

    def call_later(self, delay: float, _callback: object) -> StillLoop:
        self.delays.append(delay)
        return self

    def cancel(self) -> None:
        """Nothing to cancel."""


def started(loop: StillLoop | None = None) -> Ticker:
    ticker = Ticker(lambda: 0.0)
    ticker.start(cast("asyncio.AbstractEventLoop", loop or StillLoop()))
    return ticker


def test_reports_come_once_a_round_spread_over_it() -> None:
    ticker = started()
    members = [Member() for _ in range(TICKS_PER_REPORT)]
    for member in members:
        ticker.add(member)
    for tick in range(1, TICKS_PER_REPORT + 1):
        ticker._tick()
        assert sum(member.reports for member in members) == tick


def test_the_hurried_tick_as_long_as_they_want() -> None:
    ticker = started()
    member = Member(ticks_wanted=3)
    ticker.add(member)
    for _ in range(5):
        ticker._tick()
    assert member.ticks == 0
    ticker.hurry(member)
    for _ in range(5):
        ticker._tick()
    assert member.ticks == 3


def test_who_asks_soon_is_called_once_a_wake_up_and_then_ticks_like_the_hurried() -> None:
    loop = StillLoop()
    ticker = started(loop)
    first, second, gone = Member(ticks_wanted=3), Member(), Member()
    for member in (first, first, second, gone, first):
        ticker.soon(member)
    ticker.remove(gone)
    assert len(loop.ready) == 1
    loop.run()
    assert (first.ticks, second.ticks, gone.ticks) == (1, 1, 0)
    for _ in range(5):
        ticker._tick()
    assert (first.ticks, second.ticks, loop.ready) == (3, 1, [])
    ticker.soon(second)
    loop.run()
    assert second.ticks == 2


def test_before_it_runs_soon_means_the_first_tick() -> None:
    ticker, member = Ticker(lambda: 0.0), Member()
    ticker.soon(member)
    ticker.start(cast("asyncio.AbstractEventLoop", StillLoop()))
    ticker._tick()
    assert member.ticks == 1


def test_a_failure_soon_hurts_nobody(caplog: pytest.LogCaptureFixture) -> None:
    loop = StillLoop()
    ticker = started(loop)
    failing, good = Failing(), Member()
    ticker.soon(failing)
    ticker.soon(good)
    with caplog.at_level(logging.CRITICAL):
        loop.run()
        ticker._tick()
    assert (failing.ticks, good.ticks) == (1, 1)


def test_removed_members_are_left_alone() -> None:
    ticker = started()
    member = Member(ticks_wanted=99)
    ticker.add(member)
    ticker.hurry(member)
    ticker.remove(member)
    ticker.remove(member)
    for _ in range(TICKS_PER_REPORT):
        ticker._tick()
    assert (member.ticks, member.reports) == (0, 0)


def test_a_failing_member_is_logged_and_hurts_nobody(caplog: pytest.LogCaptureFixture) -> None:
    ticker = started()
    failing, good = Failing(), Member(ticks_wanted=2)
    for member in (failing, good):
        ticker.add(member)
        ticker.hurry(member)
    with caplog.at_level(logging.CRITICAL):
        for _ in range(TICKS_PER_REPORT):
            ticker._tick()
    assert (failing.ticks, failing.reports, good.ticks, good.reports) == (1, 1, 2, 1)


async def test_it_runs_on_a_loop_until_it_is_closed() -> None:
    clock = asyncio.get_running_loop().time
    ticker, began = Ticker(clock), clock()
    member = Member(ticks_wanted=99)
    ticker.start(asyncio.get_running_loop())
    ticker.add(member)
    ticker.hurry(member)
    await until(lambda: member.ticks >= 4)
    assert member.ticks <= (clock() - began) / TICK_S + 1
    ticker.close()
    ticker.close()
    count = member.ticks
    await asyncio.sleep(0.05)
    assert member.ticks == count


def test_who_asks_for_later_is_called_once_then() -> None:
    ticker = started()
    member, gone, late = Member(), Member(), Member()
    ticker.after(member, 5 * TICK_S)
    ticker.after(gone, 5 * TICK_S)
    ticker.after(late, 100.0)
    ticker.remove(gone)
    for tick in range(1, 2 * TICKS_PER_REPORT):
        ticker._tick()
        assert member.ticks == (tick >= 5)
        assert late.ticks == (tick >= TICKS_PER_REPORT - 1)
    assert gone.ticks == 0
    ticker.after(member, 0.0)
    ticker._tick()
    assert member.ticks == 2


def test_who_paces_is_called_as_long_as_they_want(caplog: pytest.LogCaptureFixture) -> None:
    class Pacing:
        def __init__(self, wanted: int) -> None:
            self.calls = 0
            self.wanted = wanted

        def pace(self, _now: float) -> bool:
            self.calls += 1
            if self.wanted < 0:
                message = "pace"
                raise ValueError(message)
            return self.calls < self.wanted

    loop = StillLoop()
    ticker = started(loop)
    once, thrice, failing = Pacing(1), Pacing(3), Pacing(-1)
    for member in (failing, once, thrice):
        ticker.pace(member)
    with caplog.at_level(logging.CRITICAL):
        for _ in range(5):
            ticker._pace()
    assert (once.calls, thrice.calls, failing.calls) == (1, 3, 1)
    assert ticker._pacing_handle is None


def test_the_loop_is_not_woken_for_ticks_in_which_nobody_is_called() -> None:
    now, loop = 5.0, StillLoop()
    ticker = Ticker(lambda: now)
    ticker.start(cast("asyncio.AbstractEventLoop", loop))
    assert loop.delays == []
    members = [Member() for _ in range(3)]
    woken = 0
    for member in members:
        ticker.add(member)
    for _ in range(10 * len(members)):
        now += loop.delays[-1]
        ticker._tick()
        woken += 1
    assert [member.reports for member in members] == [10, 10, 10]
    assert woken == 30
    assert now == pytest.approx(5.0 + 9 + 3 * TICK_S, abs=1.01)


def test_who_asks_between_two_ticks_is_called_with_the_next_of_them() -> None:
    now, loop = 5.0, StillLoop()
    ticker = Ticker(lambda: now)
    ticker.start(cast("asyncio.AbstractEventLoop", loop))
    far, late, hurried = Member(), Member(), Member()
    for _ in range(TICKS_PER_REPORT // 2):
        ticker.after(far, 1.0)
    assert loop.delays == [pytest.approx(49 * TICK_S)]
    now += 10.3 * TICK_S
    ticker.after(late, 3 * TICK_S)
    assert loop.delays[1:] == [pytest.approx(2.7 * TICK_S)]
    now += 0.3 * TICK_S
    ticker.hurry(hurried)
    ticker.hurry(hurried)
    assert loop.delays[2:] == [pytest.approx(0.4 * TICK_S)]
    now += 0.4 * TICK_S
    ticker._tick()
    assert (hurried.ticks, late.ticks, far.ticks) == (1, 0, 0)
    assert loop.delays[3:] == [pytest.approx(2 * TICK_S)]
    now += 40 * TICK_S
    ticker._tick()
    assert (hurried.ticks, late.ticks, far.ticks) == (1, 1, 1)


def test_reports_keep_their_pace_on_a_loop_that_is_late() -> None:
    now, loop = 0.0, StillLoop()
    ticker = Ticker(lambda: now)
    ticker.start(cast("asyncio.AbstractEventLoop", loop))
    member, other = Member(), Member()
    ticker.add(member)
    ticker.add(other)
    for _ in range(20):
        now += 0.5  # instead of a tick
        ticker._tick()
    assert (member.reports, other.reports) == (10, 10)
    now += 100.0
    ticker._tick()
    assert (member.reports, other.reports) == (11, 11)


def test_what_all_sent_at_one_time_leaves_together() -> None:
    loop = StillLoop()
    done: list[list[int]] = []
    ticker = Ticker(lambda: 0.0, lambda: done.append([member.ticks for member in members]))
    ticker.start(cast("asyncio.AbstractEventLoop", loop))
    members = [Member(ticks_wanted=2) for _ in range(3)]
    for member in members:
        ticker.hurry(member)
    ticker._tick()
    assert done == [[1, 1, 1]]
    ticker.soon(members[0])
    loop.run()
    assert done[1:] == [[2, 1, 1]]
    ticker._pace()
    assert len(done) == 3


def test_of_thousands_some_are_called_in_each_turn_of_the_loop_and_all_of_them_in_the_end() -> None:
    loop = StillLoop()
    flushed: list[int] = []
    ticker = Ticker(lambda: 0.0, lambda: flushed.append(sum(member.ticks for member in members)))
    ticker.start(cast("asyncio.AbstractEventLoop", loop))
    members = [Member(ticks_wanted=2) for _ in range(10 * CALLED_AT_ONCE)]
    for member in members:
        ticker.hurry(member)
    ticker._tick()
    assert flushed == [CALLED_AT_ONCE]
    while loop.ready:
        loop.run()
    assert flushed == [CALLED_AT_ONCE * turn for turn in range(1, 11)]
    assert {member.ticks for member in members} == {1}


def test_after_a_late_loop_reports_come_some_in_each_turn_and_one_of_each() -> None:
    now, loop = 0.0, StillLoop()
    ticker = Ticker(lambda: now)
    ticker.start(cast("asyncio.AbstractEventLoop", loop))
    members = [Member() for _ in range(4 * CALLED_AT_ONCE)]
    for member in members:
        ticker.add(member)
    now += 5.0
    ticker._tick()
    most = sum(member.reports for member in members)
    gone = next(member for member in members if not member.reports)
    ticker.remove(gone)
    while loop.ready:
        before = sum(member.reports for member in members)
        loop.run()
        most = max(most, sum(member.reports for member in members) - before)
    assert most == CALLED_AT_ONCE
    assert [member.reports for member in members if member is not gone] == [1] * (len(members) - 1)
    assert gone.reports == 0
    ticker._tick()
    ticker.close()
    while loop.ready:
        loop.run()
    assert sum(member.reports for member in members) <= len(members) - 1 + CALLED_AT_ONCE


def test_of_a_crowd_that_is_paced_some_are_in_each_turn_of_the_loop() -> None:
    class Paced:
        def __init__(self) -> None:
            self.calls = 0

        def pace(self, _now: float) -> bool:
            self.calls += 1
            return True

    loop = StillLoop()
    ticker = started(loop)
    members = [Paced() for _ in range(4 * CALLED_AT_ONCE)]
    for member in members:
        ticker.pace(member)
    for step in (1, 2):
        ticker._pace()
        turns = [sum(member.calls for member in members)]
        while loop.ready:
            loop.run()
            turns.append(sum(member.calls for member in members))
        before = (step - 1) * len(members)
        assert turns == [before + CALLED_AT_ONCE * turn for turn in range(1, 5)]
    assert ticker._pacing_handle is not None
    ticker._pace()
    ticker.close()
    loop.run()
    assert sum(member.calls for member in members) == 2 * len(members) + CALLED_AT_ONCE
    assert ticker._pacing_handle is None
