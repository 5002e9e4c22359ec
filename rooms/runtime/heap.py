"""When a node looks through all of its memory for what is in cycles: not while people come in, whose media would wait.

Python's collector does so each time that a quarter more has come, which a crowd does again and again: with 600 viewers
a look took 80 ms, and there were seven on the way there; with 200 who have forty tracks each it takes 120 ms. What
people leave behind is in cycles, too, so a node looks when many have left, and now and then; while it is busy, and
everybody's media would be late for seconds, only when what they left has become much.

What is freed lies between what is not, and stays with the process until it is told to give it back: each handshake of a
crowd leaves 70 kB behind (`media.net.handshake`).
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

# So many objects more begin a look at the youngest, and so many of those one at what has outlived one: a ms or two.
YOUNG: Final = 1000
LOOKS_AT_YOUNG: Final = 5
# Of all that has lived for longer the collector itself does not begin one.
NEVER: Final = 1_000_000
# So many must have gone since the last look, and such a share of those who are in; or so much time must have passed.
LEAST_GONE: Final = 50
GONE_SHARE: Final = 0.25
LONGEST_S: Final = 600.0
# A loop that uses such a share of its processor is late for long after a look. Then so many must have gone, or so much
# time have passed: what one leaves behind is 0.2 MB at most, and more only with many tracks.
BUSY: Final = 0.5
LEAST_GONE_BUSY: Final = 500
LONGEST_BUSY_S: Final = 3600.0
# Who comes and goes again and again causes a look no more often than this.
SHORTEST_S: Final = 30.0
LOOK_S: Final = 5.0
# Between two times that free memory is given back; after 200 have come it takes 2 ms, and a quarter of one otherwise.
GIVE_BACK_S: Final = 60.0


def is_due(gone: int, inside: int, passed_s: float, busy: float = 0.0) -> bool:
    """Whether to look through all of the memory now. Pure. The loop uses the share `busy` of a processor."""
    if busy > BUSY:
        return (gone >= LEAST_GONE_BUSY and passed_s >= SHORTEST_S) or passed_s >= LONGEST_BUSY_S
    many = gone >= max(LEAST_GONE, GONE_SHARE * inside)
    return (many and passed_s >= SHORTEST_S) or passed_s >= LONGEST_S


def give_back() -> None:
    """Give pages that are free back to the system, also between others (malloc_trim of glibc; nothing elsewhere)."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


class Heap:
    """Of one process, from `start` to `close`."""

    def __init__(self, busy: Callable[[], float] = lambda: 0.0) -> None:
        """`busy` tells which share of a processor the loop uses."""
        self._busy = busy
        self._gone = 0
        self._inside = 0
        self._looked_at = 0.0
        self._gave_back_at = 0.0
        self._before: tuple[int, int, int] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """What is there now stays; from now on the collector looks at the young only."""
        gc.collect()
        gc.freeze()
        self._before = gc.get_threshold()
        gc.set_threshold(YOUNG, LOOKS_AT_YOUNG, NEVER)
        self._looked_at = self._gave_back_at = time.monotonic()
        self._again()

    def close(self) -> None:
        """Leave it to Python again. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._before is not None:
            gc.set_threshold(*self._before)
            gc.unfreeze()
            self._before = None

    def somebody_went(self, inside: int) -> None:
        """Somebody who was in a room has left, or who received here; so many connections are left."""
        self._gone += 1
        self._inside = inside

    def _again(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LOOK_S, self._look)

    def _look(self) -> None:
        self._again()
        now, busy = time.monotonic(), self._busy()
        if is_due(self._gone, self._inside, now - self._looked_at, busy):
            found = gc.collect()
            self._gone, self._looked_at = 0, time.monotonic()
            logger.debug("Looked through all memory in %.0f ms: %d objects", 1000 * (self._looked_at - now), found)
        if now - self._gave_back_at >= GIVE_BACK_S and busy <= BUSY:
            give_back()
            self._gave_back_at = now
