"""Tells the workers that something waits. They look every few seconds by themselves: this only makes it quicker."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

_wakers: list[Callable[[], None]] = []


def wake_by(waker: Callable[[], None]) -> None:
    """From now on, call this; it may block for a moment and may raise."""
    _wakers[:] = [waker]


def wake() -> None:
    """Wake them, where this process knows how to."""
    for waker in _wakers:
        try:
            waker()
        except Exception as error:  # noqa: BLE001 - whatever a broker raises
            logger.warning("The workers could not be woken: %s", error)
