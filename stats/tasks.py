"""The worker's tasks."""

from __future__ import annotations

import logging
from typing import Final

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from meet.accounts.models import Account
from rooms.nodes.missing import missing_nodes
from stats.models import Session
from stats.overview.usage import keep
from stats.retention import prune_sessions
from stats.sampling import prune_samples
from stats.writing import close_interrupted

logger = logging.getLogger(__name__)

# So often a worker looks after nodes that have died.
LOOK_FOR_LOST_S: Final = 10.0


def end_lost_sessions() -> None:
    """End what nodes have left that died and stay away, and have accounts' servers told."""
    unfinished = set(Session.objects.filter(left_at=None).order_by().values_list("node", flat=True).distinct())
    for node in missing_nodes(unfinished):
        ended = close_interrupted(node)
        logger.warning("%s has died and stays away: its %d sessions end at their last mark", node, ended)


@shared_task(name="stats.keep_usage")  # type: ignore[untyped-decorator]  # celery has no types
def keep_usage() -> None:
    """Once in a while: each account's days that are over."""
    for account in Account.objects.all():
        keep(account, timezone.now())


@shared_task(name="stats.prune_samples")  # type: ignore[untyped-decorator]  # celery has no types
def forget_old_samples() -> None:
    """Once in a while: what is older than the operator wants to keep."""
    prune_samples(timezone.now(), settings.CONFIG.sample_days)


@shared_task(name="stats.prune_sessions")  # type: ignore[untyped-decorator]  # celery has no types
def forget_old_sessions() -> None:
    """Once in a while: what is older than the operator wants to keep. Each day's sums are kept before."""
    keep_usage()
    prune_sessions(timezone.now(), settings.CONFIG.statistics_days)
