"""Forgets sessions, and keeps what they came to of each day (`stats.overview.usage`)."""

from __future__ import annotations

import datetime as dt

from meet.accounts.models import Account
from meet.accounts.retention import BATCH, forget
from stats.models import Session


def prune_sessions(now: dt.datetime, days: int, batch: int = BATCH) -> None:
    """Forget sessions that ended more than so many days ago; none where `days` is 0."""
    if not days:
        return
    before = now - dt.timedelta(days=days)
    for key in Account.objects.values_list("pk", flat=True):  # each by the index of an account's sessions
        forget(
            Session.objects.filter(account=key, joined_at__lt=before, left_at__lt=before).order_by("joined_at"), batch
        )
