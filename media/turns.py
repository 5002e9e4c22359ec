"""Work that many ask for at once, some pieces in each turn of the loop, so that it looks at its sockets in between.

Whatever is ready in a turn of the loop is done before any socket is looked at again: with hundreds of pieces at once
everybody's media waits for all of them.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)


class Turns:
    """Of one kind of work, of which `at_once` pieces may be done in a turn of the loop, in the order of asking."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._waiting: deque[Callable[[], object]] = deque()
        self._due = False

    @property
    def waiting(self) -> int:
        """How many have no turn yet."""
        return len(self._waiting)

    def ask(self, begin: Callable[[], object]) -> None:
        """Call `begin` in this one's turn, after what goes on in the loop now."""
        self._waiting.append(begin)
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self._some)

    def _some(self) -> None:
        for _ in range(min(self._at_once, len(self._waiting))):
            begin = self._waiting.popleft()
            try:
                begin()
            except Exception:
                logger.exception("A piece of work failed")
        self._due = bool(self._waiting)
        if self._due:
            asyncio.get_running_loop().call_soon(self._some)
