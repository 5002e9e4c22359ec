"""Removes what nobody will look at any more."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from meet.accounts.retention import shorter_than
from rooms.webhooks.models import Attempt, Delivery, Endpoint

if TYPE_CHECKING:
    from django.db.models import QuerySet

# An address that links named and don't any more.
KEPT: Final = dt.timedelta(days=30)
# Each batch is a short transaction, so that nobody waits for it.
BATCH: Final = 500


def old_deliveries(now: dt.datetime, days: int) -> QuerySet[Delivery]:
    """Those that came to an end more than so many days ago."""
    return Delivery.objects.filter(finished_at__lt=now - dt.timedelta(days=days)).order_by("finished_at")


def prune(now: dt.datetime, setting: int, batch: int = BATCH) -> None:
    """Old deliveries, as the setting (0: none) or their account wants, and addresses that links don't name any more."""
    if setting:
        _forget(old_deliveries(now, setting), batch)
    for account, days in shorter_than(setting, "delivery_days").items():
        _forget(old_deliveries(now, days).filter(endpoint__account=account), batch)
    Endpoint.objects.filter(from_link=True, created_at__lt=now - KEPT, deliveries=None).delete()


def _forget(old: QuerySet[Delivery], batch: int) -> None:
    while keys := list(old.values_list("pk", flat=True)[:batch]):
        _delete(Attempt.objects.filter(delivery__in=keys))
        _delete(Delivery.objects.filter(pk__in=keys))


def _delete(objects: QuerySet[Attempt] | QuerySet[Delivery]) -> None:
    """By one statement, without loading them first."""
    objects._raw_delete(objects.db)  # noqa: SLF001 - Django's own way for its cascades
