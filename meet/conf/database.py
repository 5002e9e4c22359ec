"""Which database: SQLite in the data folder, or PostgreSQL by URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote

from django.db import DEFAULT_DB_ALIAS, connections

from meet.config import ConfigError, split_url

if TYPE_CHECKING:
    from pathlib import Path

    from meet.config import Config

# libpq's own least is 2; probes are sent in whole seconds.
LEAST_CONNECT_S: Final = 2
LEAST_SILENCE_S: Final = 4


@dataclass(frozen=True)
class Patience:
    """How long PostgreSQL is waited for: until a connection is made, and while nothing comes back on one, in s."""

    connect_s: int = 5
    silence_s: int = 10

    @classmethod
    def of(cls, config: Config) -> Patience:
        """As the settings have it."""
        return cls(config.database_connect_s, config.database_silence_s)

    def options(self) -> dict[str, int]:
        """Libpq's parameters; what an address in a URL says wins. On a socket of Unix they mean nothing.

        What was sent and is not acknowledged is given up by TCP_USER_TIMEOUT (RFC 5482). Who waits for an answer has
        nothing that could be acknowledged: there, and on idle connections, probes ask whether the machine is there.
        """
        return {
            "connect_timeout": self.connect_s,
            "tcp_user_timeout": self.silence_s * 1000,
            "keepalives": 1,
            "keepalives_idle": self.silence_s // 2,
            "keepalives_interval": self.silence_s // 4,
            "keepalives_count": 2,
        }


def end_connections_with_requests() -> None:
    """Have no request leave its connection behind: for web, where each has a thread of its own, which nobody follows.

    Kept there it is of no use, and counts against PostgreSQL's limit until Python's collector finds it.
    """
    connections.settings[DEFAULT_DB_ALIAS]["CONN_MAX_AGE"] = 0


def bound_statements(limit_s: int) -> None:
    """Have PostgreSQL give up what takes longer, on all connections that are made from now on; 0 for never.

    For those who answer people: what migrates, deletes or exports may take its time.
    """
    database = connections.settings[DEFAULT_DB_ALIAS]
    if limit_s and database["ENGINE"].endswith("postgresql"):
        options = database["OPTIONS"]
        options["options"] = f"-c statement_timeout={limit_s}s {options.get('options', '')}".strip()


def database_settings(url: str, data_dir: Path, patience: Patience = Patience()) -> dict[str, Any]:
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
        "OPTIONS": {**patience.options(), **dict(parse_qsl(parts.query))},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
