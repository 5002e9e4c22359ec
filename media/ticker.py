"""The one timer of an SFU: what waits is called at once, within 20 ms or later, and reports once a second.

Time is in ticks of 20 ms; a tick in which nobody is to be called doesn't wake the loop. Of thousands who are to be
called some are in each turn of the loop: it looks at its sockets in between, also after it was late. Whoever spreads
packets over time is called each 5 ms, while there is somebody who does.
"""

from __future__ import annotations

import logging
from itertools import islice
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

logger = logging.getLogger(__name__)

TICK_S: Final = 0.02
TICKS_PER_REPORT: Final = 50
PACING_STEP_S: Final = 0.005
CALLED_AT_ONCE: Final = 25
"""Of so many the tick comes in one turn of the loop, of so many the report, and so many are paced: some 2 ms each."""
NEVER: Final = 1 << 62
"""A tick that doesn't come."""
EARLY: Final = 0.05
"""A timer may fire by this part of a tick too early."""


class Ticking(Protocol):
    """What a transport does in time."""

    def tick(self, now: float) -> bool: ...
    def report(self, now: float) -> None: ...


class Pacing(Protocol):
    """What a transport does that spreads packets over time; whether more of them wait."""

    def pace(self, now: float) -> bool: ...


class Ticker:
    """Calls `tick` of those who asked for it, as long as they return True, and `report` of each once a second.

    `on_done` is called after all that are called at one time: what they sent may leave together.
    """

    def __init__(self, clock: Callable[[], float], on_done: Callable[[], None] = lambda: None) -> None:
        self._clock = clock
        self._on_done = on_done
        self._slots: list[dict[int, Ticking]] = [{} for _ in range(TICKS_PER_REPORT)]
        self._slot_of: dict[int, int] = {}
        self._hurried: dict[int, Ticking] = {}
        self._soon: dict[int, Ticking] = {}
        # Who is called later, by the tick that it will be; nobody later than in a second.
        self._later: dict[int, dict[int, Ticking]] = {}
        self._pacing: dict[int, Pacing] = {}
        self._pacing_handle: asyncio.TimerHandle | None = None
        # Whose turn it is in this step of pacing, and whether the rest of them have theirs soon.
        self._due_paces: dict[int, Pacing] = {}
        self._paces_on = False
        # Whose tick, and whose report, is due and comes in the next turns of the loop.
        self._due_ticks: dict[int, Ticking] = {}
        self._due_reports: dict[int, Ticking] = {}
        self._goes_on = False
        # The last tick, and when it was due.
        self._count = 0
        self._ticked_at = 0.0
        self._handle: asyncio.TimerHandle | None = None
        # The tick that the timer is set for.
        self._next = NEVER
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Tick on this loop until `close`."""
        self._loop = loop
        self._ticked_at = self._clock()
        self._set_timer()

    def close(self) -> None:
        """Stop. Idempotent."""
        self._due_ticks.clear()
        self._due_reports.clear()
        self._due_paces.clear()
        self._pacing.clear()
        self._next = 0  # no timer is set for an earlier one
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        if self._pacing_handle is not None:
            self._pacing_handle.cancel()
            self._pacing_handle = None

    def add(self, member: Ticking) -> None:
        """Serve one more, in the slot with the fewest members."""
        slot = min(range(TICKS_PER_REPORT), key=lambda index: len(self._slots[index]))
        self._slots[slot][id(member)] = member
        self._slot_of[id(member)] = slot
        self._set_timer()

    def remove(self, member: Ticking) -> None:
        """Forget a member."""
        slot = self._slot_of.pop(id(member), None)
        if slot is not None:
            del self._slots[slot][id(member)]
        self._due_ticks.pop(id(member), None)
        self._due_reports.pop(id(member), None)
        self._hurried.pop(id(member), None)
        self._soon.pop(id(member), None)
        self._pacing.pop(id(member), None)
        self._due_paces.pop(id(member), None)
        for waiting in self._later.values():
            waiting.pop(id(member), None)

    def hurry(self, member: Ticking) -> None:
        """Call `tick` of a member with the next tick."""
        if not self._hurried:
            self._hurried[id(member)] = member
            self._set_timer()
        else:
            self._hurried[id(member)] = member

    def soon(self, member: Ticking) -> None:
        """Call `tick` of a member once what goes on in the loop is done, such as taking all datagrams of a wake-up."""
        self.hurry(member)
        if not self._soon and self._loop is not None:
            self._loop.call_soon(self._tick_soon)
        self._soon[id(member)] = member

    def after(self, member: Ticking, delay_s: float) -> None:
        """Call `tick` of a member after a delay of 20 ms to a second."""
        ticks = min(TICKS_PER_REPORT - 1, max(1, round(delay_s / TICK_S)))
        due = self._count + self._passed(self._clock()) + ticks
        self._later.setdefault(due, {})[id(member)] = member
        if due < self._next:
            self._set_timer()

    def pace(self, member: Pacing) -> None:
        """Call `pace` of a member each 5 ms, as long as it returns True."""
        self._pacing[id(member)] = member
        if self._pacing_handle is None and self._loop is not None:
            self._pacing_handle = self._loop.call_later(PACING_STEP_S, self._pace)

    def _pace(self) -> None:
        self._pacing_handle = None
        self._due_paces.update(self._pacing)
        if not self._paces_on:
            self._pace_some()

    def _pace_some(self) -> None:
        """Call `pace` of some, and of the rest after the loop has looked at its sockets."""
        self._paces_on = False
        now = self._clock()
        for key in list(islice(self._due_paces, CALLED_AT_ONCE)):
            member = self._due_paces.pop(key, None)
            if member is None:
                continue
            try:
                again = member.pace(now)
            except Exception:
                logger.exception("A transport's pacing failed")
                again = False
            if not again:
                self._pacing.pop(key, None)
        if self._due_paces and self._loop is not None:
            self._paces_on = True
            self._loop.call_soon(self._pace_some)
        elif self._pacing and self._pacing_handle is None and self._loop is not None:
            self._pacing_handle = self._loop.call_later(PACING_STEP_S, self._pace)
        self._on_done()

    def _tick_soon(self) -> None:
        members, self._soon = self._soon, {}
        now = self._clock()
        for member in members.values():
            self._tick_one(member, now)
        self._on_done()

    def _tick_one(self, member: Ticking, now: float) -> None:
        try:
            again = member.tick(now)
        except Exception:
            logger.exception("A transport's feedback failed")
            again = False
        if not again:
            self._hurried.pop(id(member), None)

    def _tick(self) -> None:
        """Do what is due of all ticks since the last one."""
        if self._loop is None:
            return
        now = self._clock()
        before, passed = self._count, max(1, self._passed(now))
        self._count = count = before + passed
        self._ticked_at += passed * TICK_S
        self._next = count  # whoever asks meanwhile is seen to at the end
        for due in [due for due in self._later if due <= count]:
            self._hurried.update(self._later.pop(due))
        self._due_ticks.update(self._hurried)
        for tick in range(before + 1, before + 1 + min(passed, TICKS_PER_REPORT)):
            self._due_reports.update(self._slots[tick % TICKS_PER_REPORT])
        self._call_some(now)
        self._next = NEVER
        self._set_timer()

    def _go_on(self) -> None:
        """Call some more of those who are due, after the loop has looked at its sockets."""
        self._goes_on = False
        if self._loop is not None:
            self._call_some(self._clock())

    def _call_some(self, now: float) -> None:
        for key in list(islice(self._due_ticks, CALLED_AT_ONCE)):
            member = self._due_ticks.pop(key, None)  # one who is called may end others
            if member is not None:
                self._tick_one(member, now)
        for key in list(islice(self._due_reports, CALLED_AT_ONCE)):
            member = self._due_reports.pop(key, None)
            if member is not None:
                self._report_one(member, now)
        self._on_done()
        if (self._due_ticks or self._due_reports) and not self._goes_on and self._loop is not None:
            self._goes_on = True
            self._loop.call_soon(self._go_on)

    @staticmethod
    def _report_one(member: Ticking, now: float) -> None:
        try:
            member.report(now)
        except Exception:
            logger.exception("A transport's reports failed")

    def _passed(self, now: float) -> int:
        """Whole ticks since the last one, as a timer counts them that comes a little early."""
        return max(0, int((now - self._ticked_at) / TICK_S + EARLY))

    def _set_timer(self) -> None:
        """Wake the loop for the next tick in which anybody is to be called, if it isn't to be woken before."""
        if self._loop is None:
            return
        now = self._clock()
        current = self._count + self._passed(now)
        due = self._due_after(current)
        if due >= self._next:
            return
        if self._handle is not None:
            self._handle.cancel()
        self._next = due
        delay = max(0.0, self._ticked_at + (due - self._count) * TICK_S - now)
        self._handle = self._loop.call_later(delay, self._tick)

    def _due_after(self, current: int) -> int:
        """The next tick in which anybody is to be called, the one after `current` at the earliest; `NEVER` for none."""
        if self._hurried:
            return current + 1
        due = max(current + 1, min(self._later, default=NEVER))
        for tick in range(self._count + 1, self._count + 1 + TICKS_PER_REPORT):
            if tick >= due:
                break
            if self._slots[tick % TICKS_PER_REPORT]:
                return max(current + 1, tick)
        return due
