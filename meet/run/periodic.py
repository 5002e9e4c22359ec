"""What the worker does every so often, in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from django.db import close_old_connections, connections

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

logger = logging.getLogger(__name__)


class Beat:
    """Calls each of `work`, pairs of an interval in seconds and a function, from `start` to `close`.

    First at once. What a function raises is logged, and the next time comes as if nothing were.
    """

    def __init__(self, *work: tuple[float, Callable[[], object]]) -> None:
        self._work: Sequence[tuple[float, Callable[[], object]]] = work
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="beat", daemon=True)

    def start(self) -> None:
        """Begin. Once only."""
        self._thread.start()

    def close(self) -> None:
        """End, after the function that is running. Idempotent."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        due = [(time.monotonic(), interval_s, function) for interval_s, function in self._work]
        try:
            while not self._over.wait(max(0.0, min(at for at, _, _ in due) - time.monotonic())):
                now = time.monotonic()
                due = [
                    (now + interval_s, interval_s, self._call(function)) if at <= now else (at, interval_s, function)
                    for at, interval_s, function in due
                ]
        finally:
            connections.close_all()

    def _call(self, function: Callable[[], object]) -> Callable[[], object]:
        close_old_connections()
        try:
            function()
        except Exception as error:  # noqa: BLE001 - a database or broker that is away comes back
            logger.warning("%s failed: %s", getattr(function, "__name__", function), error)
        return function
