"""One timer for all: hurried members each tick, reports once in fifty, failures stay with their cause."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, cast

from media.ticker import TICKS_PER_REPORT, Ticker

if TYPE_CHECKING:
    import pytest


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
    """A loop whose timers never fire by themselves."""

    def call_later(self, _delay: float, _callback: object) -> StillLoop:
        return self

    def cancel(self) -> None:
        """Nothing to cancel."""


def started() -> Ticker:
    ticker = Ticker(lambda: 0.0)
    ticker.start(cast("asyncio.AbstractEventLoop", StillLoop()))
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
    ticker = Ticker(asyncio.get_running_loop().time)
    member = Member(ticks_wanted=99)
    ticker.start(asyncio.get_running_loop())
    ticker.add(member)
    ticker.hurry(member)
    await asyncio.sleep(0.1)
    assert 2 <= member.ticks <= 6
    ticker.close()
    ticker.close()
    count = member.ticks
    await asyncio.sleep(0.05)
    assert member.ticks == count
