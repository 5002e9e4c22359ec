"""The worker's tasks. What they get is a key and a lease: everything else is in the database."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from meet.leases import Lease
from meet.wakeup import EVENTS
from rooms.webhooks.delivering import serve
from rooms.webhooks.lanes import anything_due, give_up_what_nobody_wants, lease_due, leave
from rooms.webhooks.pruning import prune


@shared_task(name=EVENTS.task)  # type: ignore[untyped-decorator]  # celery has no types
def dispatch() -> None:
    """Have everything sent that is due."""
    now = timezone.now()
    give_up_what_nobody_wants(now)
    leases = lease_due(now) if anything_due(now) else []
    try:
        while leases:
            deliver.apply_async(leases[-1], retry=False)
            leases.pop()
    finally:
        leave(leases)


@shared_task(name="webhooks.deliver")  # type: ignore[untyped-decorator]  # celery has no types
def deliver(delivery_id: int, owner: str) -> None:
    """Send one delivery, and those that come after it."""
    serve(Lease(delivery_id, owner))


@shared_task(name="webhooks.prune")  # type: ignore[untyped-decorator]  # celery has no types
def prune_deliveries() -> None:
    """Once in a while."""
    prune(timezone.now(), settings.CONFIG.delivery_days)
