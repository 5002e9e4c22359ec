"""Who has something to send has a turn, some at a time: what is told to thousands leaves the loop time for media."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

# A frame takes some 80 µs to leave, so so many take 2 ms; then the loop looks at its sockets again.
AT_ONCE: Final = 25


class SendTurns:
    """Of all connections of a node."""

    def __init__(self) -> None:
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
        for _ in range(min(AT_ONCE, len(self._waiting))):
            self._waiting.popleft()()
        self._due = bool(self._waiting)
        if self._due:
            asyncio.get_running_loop().call_soon(self._some)
