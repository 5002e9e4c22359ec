"""The one timer of an SFU: feedback at once or within 20 ms where something waits, and reports once a second."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

logger = logging.getLogger(__name__)

TICK_S: Final = 0.02
TICKS_PER_REPORT: Final = 50


class Ticking(Protocol):
    """What a transport does in time."""

    def tick(self, now: float) -> bool: ...
    def report(self, now: float) -> None: ...


class Ticker:
    """Calls `tick` of those who asked for it, as long as they return True, and `report` of each once a second."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._slots: list[dict[int, Ticking]] = [{} for _ in range(TICKS_PER_REPORT)]
        self._slot_of: dict[int, int] = {}
        self._hurried: dict[int, Ticking] = {}
        self._soon: dict[int, Ticking] = {}
        self._count = 0
        self._handle: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Tick on this loop until `close`."""
        self._loop = loop
        self._handle = loop.call_later(TICK_S, self._tick)

    def close(self) -> None:
        """Stop. Idempotent."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def add(self, member: Ticking) -> None:
        """Serve one more, in the slot with the fewest members."""
        slot = min(range(TICKS_PER_REPORT), key=lambda index: len(self._slots[index]))
        self._slots[slot][id(member)] = member
        self._slot_of[id(member)] = slot

    def remove(self, member: Ticking) -> None:
        """Forget a member."""
        slot = self._slot_of.pop(id(member), None)
        if slot is not None:
            del self._slots[slot][id(member)]
        self._hurried.pop(id(member), None)
        self._soon.pop(id(member), None)

    def hurry(self, member: Ticking) -> None:
        """Call `tick` of a member with the next tick."""
        self._hurried[id(member)] = member

    def soon(self, member: Ticking) -> None:
        """Call `tick` of a member once what goes on in the loop is done, such as taking all datagrams of a wake-up."""
        self._hurried[id(member)] = member
        if not self._soon and self._loop is not None:
            self._loop.call_soon(self._tick_soon)
        self._soon[id(member)] = member

    def _tick_soon(self) -> None:
        members, self._soon = self._soon, {}
        now = self._clock()
        for member in members.values():
            self._tick_one(member, now)

    def _tick_one(self, member: Ticking, now: float) -> None:
        try:
            again = member.tick(now)
        except Exception:
            logger.exception("A transport's feedback failed")
            again = False
        if not again:
            self._hurried.pop(id(member), None)

    def _tick(self) -> None:
        if self._loop is None:
            return
        self._handle = self._loop.call_later(TICK_S, self._tick)
        now = self._clock()
        for member in list(self._hurried.values()):
            self._tick_one(member, now)
        self._count = (self._count + 1) % TICKS_PER_REPORT
        for member in list(self._slots[self._count].values()):
            try:
                member.report(now)
            except Exception:
                logger.exception("A transport's reports failed")
