"""What is kept for a time only is deleted in short transactions, so that nobody waits for it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from meet.accounts.models import Incident, Retention

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


def days_of(setting: int, wanted: int | None) -> int:
    """For how many days something of an account is kept: what it wants, where that is shorter. 0 is for ever."""
    return wanted if wanted and (not setting or wanted < setting) else setting


def shorter_than(setting: int, field: str) -> dict[int, int]:
    """The days of accounts that keep something for a shorter time than the setting says, by the account's id."""
    wanted = Retention.objects.exclude(**{field: None}).values_list("account_id", field)
    return {account: days for account, days in wanted if days_of(setting, days) != setting}


def old_incidents(now: dt.datetime, days: int) -> QuerySet[Incident]:
    """Those that last happened more than so many days ago."""
    return Incident.objects.filter(last_at__lt=now - dt.timedelta(days=days)).order_by("last_at")


def forget_incidents(now: dt.datetime, setting: int) -> None:
    """Old ones: older than the setting says (0: none), or than their account wants."""
    if setting:
        forget(old_incidents(now, setting))
    for account, days in shorter_than(setting, "incident_days").items():
        forget(old_incidents(now, days).filter(account=account))
