"""The clock that leases are measured with."""

from __future__ import annotations

import time


def uptime_s() -> float:
    """Seconds that pass alike on all machines, and go on while this one sleeps or its processes are stopped."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
