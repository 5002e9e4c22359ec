"""Celery's broker: Redis by URL, or a queue in the memory of each process.

All work that must not be lost, or is for another process, is in the database; tasks only carry its key.
"""

from __future__ import annotations

from typing import Any, Final

# Seconds between two looks into an empty queue in memory.
POLL_S: Final = 0.2
# A broker that is away must not hold up who has work for it.
CONNECT_TIMEOUT_S: Final = 2


def broker_settings(redis_url: str) -> dict[str, Any]:
    """Celery's settings for one broker."""
    if not redis_url:
        return {
            "CELERY_BROKER_URL": "memory://localhost",
            "CELERY_BROKER_TRANSPORT_OPTIONS": {"polling_interval": POLL_S},
        }
    return {
        "CELERY_BROKER_URL": redis_url,
        "CELERY_BROKER_TRANSPORT_OPTIONS": {"socket_connect_timeout": CONNECT_TIMEOUT_S, "max_retries": 0},
    }
