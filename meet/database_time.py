"""The time as the database has it, which is one for all machines: their own clocks may differ."""

from __future__ import annotations

import datetime as dt

from django.db import connection


def database_now() -> dt.datetime:
    """Now, in UTC. Raises `django.db.Error`.

    PostgreSQL is asked, in a query of its own. SQLite runs in this process, and has no other clock.
    """
    if connection.vendor != "postgresql":
        return dt.datetime.now(dt.UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    found: dt.datetime = now
    return found
