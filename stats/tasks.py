"""The worker's tasks."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from meet.accounts.models import Account
from stats.overview.usage import keep
from stats.sampling import prune_samples


@shared_task(name="stats.keep_usage")  # type: ignore[untyped-decorator]  # celery has no types
def keep_usage() -> None:
    """Once in a while: each account's days that are over."""
    for account in Account.objects.all():
        keep(account, timezone.now())


@shared_task(name="stats.prune_samples")  # type: ignore[untyped-decorator]  # celery has no types
def forget_old_samples() -> None:
    """Once in a while: what is older than the operator wants to keep."""
    prune_samples(timezone.now(), settings.CONFIG.sample_days)
