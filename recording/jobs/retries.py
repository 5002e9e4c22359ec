"""When a job that failed is tried again. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Final

# Long enough for a full disk, or a storage that is away, to be noticed.
PAUSES: Final = (dt.timedelta(minutes=1), dt.timedelta(minutes=10))


def pause_after(failures: int) -> dt.timedelta | None:
    """How long to wait after so many failed attempts; None: no more."""
    return PAUSES[failures - 1] if failures <= len(PAUSES) else None
