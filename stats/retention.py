"""Forgets sessions, and keeps what they came to of each day (`stats.overview.usage`)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from meet.accounts.models import Account
from meet.accounts.retention import BATCH, days_of, forget, shorter_than
from stats.models import Session

if TYPE_CHECKING:
    from django.db.models import QuerySet


def old_sessions(now: dt.datetime, days: int) -> QuerySet[Session]:
    """Those that ended more than so many days ago."""
    before = now - dt.timedelta(days=days)
    return Session.objects.filter(joined_at__lt=before, left_at__lt=before).order_by("joined_at")


def prune_sessions(now: dt.datetime, setting: int, batch: int = BATCH) -> None:
    """Forget sessions that are older than the setting says (0: none), or than their account wants."""
    shorter = shorter_than(setting, "statistics_days")
    for key in Account.objects.values_list("pk", flat=True):  # each by the index of an account's sessions
        days = days_of(setting, shorter.get(key))
        if days:
            forget(old_sessions(now, days).filter(account=key), batch)
