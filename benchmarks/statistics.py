"""How fast statistics answer with a million sessions in PostgreSQL: the Server API and the admin's overview.

Starts a private PostgreSQL and fills it; requests go through all of Django, but for the socket. Prints the plans of
the queries as well. Run as `python -m benchmarks.statistics`; figures go to `benchmarks/out/statistics.json`.
"""

from __future__ import annotations

import argparse
import os
import tempfile

import django
from django.db import connections

from benchmarks.report import save
from tests.postgresql import running_postgresql


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_postgresql() as url:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "meet.settings",
            "MEET_DATA_DIR": folder,
            "MEET_DATABASE_URL": url,
            "MEET_API_REQUESTS_PER_SECOND": "0",
        }
        django.setup()
        from benchmarks.statistics_requests import measure  # noqa: PLC0415 - needs the apps

        try:
            save("statistics", measure(options.sessions, options.times))
        finally:
            connections.close_all()  # or the server would wait for them


if __name__ == "__main__":
    main()
