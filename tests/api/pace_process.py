"""Counts requests from a process of its own: `python -m tests.api.pace_process KEY TIMES`.

All of them are made at one moment, so it does not matter how long the processes take. Writes how many were all right.
"""

from __future__ import annotations

import datetime as dt
import sys

import django

NOW = dt.datetime(2030, 6, 21, 10, tzinfo=dt.UTC)


def count(key: str, times: int) -> int:
    """How many of some requests are all right, of a hundred that are allowed."""
    from meet.api.rate_limit import Limit, take  # noqa: PLC0415 - it needs settings

    return sum(take(key, Limit(100, 10), NOW) == 0 for _ in range(times))


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(str(count(sys.argv[1], int(sys.argv[2]))))
