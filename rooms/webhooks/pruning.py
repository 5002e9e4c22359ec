"""Removes what nobody will look at any more."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from rooms.webhooks.models import Attempt, Delivery, Endpoint

if TYPE_CHECKING:
    from django.db.models import QuerySet

# An address that links named and don't any more.
KEPT: Final = dt.timedelta(days=30)
# Each batch is a short transaction, so that nobody waits for it.
BATCH: Final = 500


def prune(now: dt.datetime, days: int, batch: int = BATCH) -> None:
    """Deliveries that came to an end so many days ago (0: none), and addresses that links named and don't any more."""
    old = Delivery.objects.filter(finished_at__lt=now - dt.timedelta(days=days)).order_by("finished_at")
    while days and (keys := list(old.values_list("pk", flat=True)[:batch])):
        _delete(Attempt.objects.filter(delivery__in=keys))
        _delete(Delivery.objects.filter(pk__in=keys))
    Endpoint.objects.filter(from_link=True, created_at__lt=now - KEPT, deliveries=None).delete()


def _delete(objects: QuerySet[Attempt] | QuerySet[Delivery]) -> None:
    """By one statement, without loading them first."""
    objects._raw_delete(objects.db)  # noqa: SLF001 - Django's own way for its cascades
