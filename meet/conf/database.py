"""Which database: SQLite in the data folder, or PostgreSQL by URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from meet.config import ConfigError, split_url

if TYPE_CHECKING:
    from pathlib import Path


def database_settings(url: str, data_dir: Path) -> dict[str, Any]:
    """Django's settings for one database. Raises `ConfigError` for a URL of another kind.

    What follows a question mark in the URL, such as `sslmode=require`, goes to libpq.
    """
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": data_dir / "meet.sqlite3",
            "OPTIONS": {
                # A write lock from the start: no deadlock when reading turns to writing.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
            },
        }
    parts = split_url(url)
    if parts is None or parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        message = "MEET_DATABASE_URL must look like postgresql://user:password@host:5432/name."
        raise ConfigError(message)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
