"""The worker's tasks."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from meet.accounts.models import Account
from stats.overview.usage import keep


@shared_task(name="stats.keep_usage")  # type: ignore[untyped-decorator]  # celery has no types
def keep_usage() -> None:
    """Once in a while: each account's days that are over."""
    for account in Account.objects.all():
        keep(account, timezone.now())
