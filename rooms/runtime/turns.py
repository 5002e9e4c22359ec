"""Work that waits for its turn in a room's queue: a failure ends nothing else, and is logged with whose it was."""

from __future__ import annotations

import logging
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)


def attempt(work: Callable[[], None], room_id: str) -> None:
    """Do it; what it raises is a line in the log."""
    try:
        work()
    except Exception:
        logger.exception("Room %s: a command failed", room_id)


def attributed(work: Callable[[], None], room_id: str) -> Callable[[], None]:
    """The same work, for later, as part of what the caller is about now (for logs and traces)."""
    return partial(copy_context().run, attempt, work, room_id)
