"""The test's database for other processes."""

from __future__ import annotations

from pathlib import Path

from django.db import connection


def environment_of_database(data: Path) -> dict[str, str]:
    """Settings with which a process whose data folder is `data` uses the same database as the test."""
    options = connection.settings_dict
    if connection.vendor == "sqlite":
        (data / "meet.sqlite3").symlink_to(Path(options["NAME"]))
        return {"MEET_DATABASE_URL": ""}
    return {
        "MEET_DATABASE_URL": f"postgresql://{options['USER']}@{options['HOST']}:{options['PORT']}/{options['NAME']}"
    }
