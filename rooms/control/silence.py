"""Which nodes have just left a question unanswered, so that not everybody waits for them again. Time is passed in.

A machine that is gone answers nothing at all, and its row stays, because its node may be there without a database. One
question in `REST_S` finds out whether it is back; a node that has written a heartbeat since is asked at once.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from rooms.models import Node

# As long as a lease: about so long it takes until people of a node that has died are on another one.
REST_S: Final = 5.0


@dataclass(frozen=True)
class _Silence:
    control_url: str
    heartbeat_at: datetime
    until: float


class Silences:
    """Of the nodes that one process asks, from any thread. `now` is in seconds, of a clock that isn't set."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: dict[int, _Silence] = {}

    def may_ask(self, node: Node, now: float) -> bool:
        """Whether to ask it. Of all who want to once the rest is over, one may."""
        with self._lock:
            found = self._of.get(node.pk)
            if found is None:
                return True
            if (found.control_url, found.heartbeat_at) != (node.control_url, node.heartbeat_at):
                del self._of[node.pk]  # it writes heartbeats, or is somewhere else
                return True
            if now < found.until:
                return False
            self._note(node, now)
            return True

    def was_silent(self, node: Node, now: float) -> None:
        """It has not answered a question."""
        with self._lock:
            self._note(node, now)

    def answered(self, node: Node) -> None:
        """It is there."""
        with self._lock:
            self._of.pop(node.pk, None)

    def _note(self, node: Node, now: float) -> None:
        self._of[node.pk] = _Silence(node.control_url, node.heartbeat_at, now + REST_S)
