"""Tells the composer on a node's machine that something waits. It looks by itself, too: this only makes it quicker."""

from __future__ import annotations

import logging
from typing import Final

from celery import current_app

logger = logging.getLogger(__name__)

LOOK: Final = "recording.look"
# A composer that was away for longer looks by itself.
WAKE_S: Final = 30


def queue_of(node: str) -> str:
    """Where the tasks wait that are for the machine of a node."""
    return f"recording-{node}"


def wake_composer(node: str) -> None:
    """Something is to be made on a node's machine. Raises what the broker raises."""
    current_app.send_task(LOOK, queue=queue_of(node), retry=False, expires=WAKE_S)


def try_to_wake(node: str) -> None:
    """The same, for those to whom it makes no difference."""
    try:
        wake_composer(node)
    except Exception as error:  # noqa: BLE001 - whatever a broker raises
        logger.warning("The composer could not be woken: %s", error)
