"""What is kept for a time only is deleted in short transactions, so that nobody waits for it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from meet.accounts.models import Incident

if TYPE_CHECKING:
    from django.db.models import QuerySet

BATCH: Final = 2000


def forget(old: QuerySet[Any], batch: int = BATCH) -> int:
    """Delete all rows of a query that is in an order, some at a time; how many they were."""
    count = 0
    while keys := list(old.values_list("pk", flat=True)[:batch]):
        old.model._base_manager.filter(pk__in=keys).delete()  # noqa: SLF001 - all rows, whatever a manager leaves out
        count += len(keys)
    return count


def forget_incidents(now: dt.datetime, days: int) -> None:
    """Those that last happened more than so many days ago; none where `days` is 0."""
    if days:
        forget(Incident.objects.filter(last_at__lt=now - dt.timedelta(days=days)).order_by("last_at"))
