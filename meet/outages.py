"""What it means for people that the database or the disk can't do its work at the moment."""

from __future__ import annotations

import errno
from typing import Final

from django.db import InterfaceError, OperationalError

from meet.errors import Unavailable

RETRY_S: Final = 5
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_TOO_MANY_FILES: Final = frozenset({errno.EMFILE, errno.ENFILE})
# As SQLite says it, and as PostgreSQL does (SQLSTATE 53100).
_FULL_WORDS: Final = ("disk is full", "no space left", "disk full")
_AGAIN: Final = "Try again in a moment. Whoever is in a meeting stays in it."


def outage(error: BaseException | None) -> Unavailable | None:
    """The answer to a request that failed for such a reason; None for everything else."""
    if isinstance(error, OperationalError | InterfaceError):
        return _full() if any(words in str(error).lower() for words in _FULL_WORDS) else _away()
    if isinstance(error, OSError) and error.errno in _FULL:
        return _full()
    if isinstance(error, OSError) and error.errno in _TOO_MANY_FILES:
        return Unavailable("serverBusy", "The server has too much to do at the moment.", hint=_AGAIN)
    return None


def _full() -> Unavailable:
    return Unavailable("storageUnavailable", "The server's disk is full, so that nothing can be saved.", hint=_AGAIN)


def _away() -> Unavailable:
    return Unavailable("databaseUnavailable", "The server's database does not answer at the moment.", hint=_AGAIN)
