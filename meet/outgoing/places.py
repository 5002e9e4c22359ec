"""How many requests wait at a time for an answer from an address that others chose, while somebody waits for ours.

Each keeps one of web's places (`meet.run.requests_at_once`), so that one account's slow server would take web from
everybody: an account has an eighth of the places, all accounts together have half of them.
"""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterator


class NoPlaceError(Exception):
    """An account's places are all taken, or everybody's."""


class Places:
    """Of one process: `limit` for each account, `altogether` for all."""

    def __init__(self, limit: int, altogether: int) -> None:
        self._limit = limit
        self._altogether = altogether
        self._lock = threading.Lock()
        self._taken: Counter[int] = Counter()

    @contextlib.contextmanager
    def one(self, account_id: int) -> Iterator[None]:
        """Take a place for as long as the block lasts. Raises `NoPlaceError` when all are taken."""
        with self._lock:
            if self._taken[account_id] >= self._limit or self._taken.total() >= self._altogether:
                raise NoPlaceError
            self._taken[account_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[account_id] -= 1
                if not self._taken[account_id]:
                    del self._taken[account_id]


def places() -> Places:
    """Those of this process, by the operator's settings."""
    return _places(settings.CONFIG.requests_at_once)


@cache
def _places(requests_at_once: int) -> Places:
    return Places(max(1, requests_at_once // 8), max(1, requests_at_once // 2))
