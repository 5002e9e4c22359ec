"""Memory for pictures. Some hundred megabytes a second are taken and given back while a video is made."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Final

# The options of glibc's mallopt(3), and values above all that is taken at once, or free at the end, while composing.
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_LARGEST_BYTES: Final = 32 * 1024 * 1024
_KEPT_BYTES: Final = 256 * 1024 * 1024


@cache
def keep_freed() -> None:
    """Have the process keep what it frees for the next picture, as far as its C library is glibc.

    Otherwise each picture's memory comes from the system page by page: a tenth of all time.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGEST_BYTES)
        mallopt(_TRIM_THRESHOLD, _KEPT_BYTES)
