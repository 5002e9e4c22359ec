"""What workers do for people who log in. What tasks get is a key and a lease; everything else is in the database."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from meet.accounts.resets import do_send, lease_due
from meet.leases import Lease
from meet.wakeup import MAIL


@shared_task(name=MAIL.task)  # type: ignore[untyped-decorator]  # celery has no types
def dispatch_mail() -> None:
    """Have all links for new passwords sent that are due."""
    for lease in lease_due(timezone.now()):
        send_mail.apply_async(lease, retry=False)


@shared_task(name="accounts.send_mail")  # type: ignore[untyped-decorator]
def send_mail(key: int, owner: str) -> None:
    """Send one."""
    do_send(Lease(key, owner), timezone.now())
