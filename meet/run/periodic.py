"""What a worker does every so often, each in a thread of its own, so that what takes long holds up nothing else."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

from django.db import close_old_connections, connections

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

# Who comes back later than that takes a new connection to the database.
KEEPS_CONNECTION_S: Final = 10.0


class Beat:
    """Calls each of `work`, pairs of an interval in seconds and a function, from `start` to `close`.

    First at once. What a function raises is logged, and the next time comes as if nothing were.
    """

    def __init__(self, *work: tuple[float, Callable[[], object]]) -> None:
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._repeat, args=one, name="beat", daemon=True) for one in work]

    def start(self) -> None:
        """Begin. Once only."""
        for thread in self._threads:
            thread.start()

    def end(self, **_signal: object) -> None:
        """Begin nothing more; for signals as well, since it does not wait."""
        self._over.set()

    def close(self) -> None:
        """End, after the functions that are running. Idempotent."""
        self.end()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _repeat(self, interval_s: float, function: Callable[[], object]) -> None:
        try:
            while not self._over.is_set():
                self._call(function)
                if interval_s > KEEPS_CONNECTION_S:
                    connections.close_all()
                self._over.wait(interval_s)
        finally:
            connections.close_all()

    def _call(self, function: Callable[[], object]) -> None:
        close_old_connections()
        try:
            function()
        except Exception as error:  # noqa: BLE001 - a database or broker that is away comes back
            logger.warning("%s failed: %s", getattr(function, "__name__", function), error)
