"""The worker's tasks. What they get is a key and a lease: everything else is in the database."""

from __future__ import annotations

from typing import Final

from celery import shared_task
from django.utils import timezone

from rooms.webhooks.claims import Claim, claim_due, give_up_what_nobody_wants, release
from rooms.webhooks.delivering import serve
from rooms.webhooks.pruning import prune

# Workers that were away for longer look by themselves.
WAKE_S: Final = 30


@shared_task(name="webhooks.dispatch")  # type: ignore[untyped-decorator]  # celery has no types
def dispatch() -> None:
    """Have everything sent that is due."""
    now = timezone.now()
    give_up_what_nobody_wants(now)
    claims = claim_due(now)
    try:
        while claims:
            deliver.apply_async(claims[-1], retry=False)
            claims.pop()
    finally:
        release(claims)


@shared_task(name="webhooks.deliver")  # type: ignore[untyped-decorator]  # celery has no types
def deliver(delivery_id: int, lease: str) -> None:
    """Send one delivery, and those that come after it."""
    serve(Claim(delivery_id, lease))


@shared_task(name="webhooks.prune")  # type: ignore[untyped-decorator]  # celery has no types
def prune_deliveries() -> None:
    """Once in a while."""
    prune(timezone.now())


def wake_workers() -> None:
    """For `rooms.webhooks.waking`. Raises what the broker raises."""
    dispatch.apply_async(retry=False, expires=WAKE_S)
