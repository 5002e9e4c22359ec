"""`manage.py worker`: background tasks (Celery)."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from meet.accounts.audit import prune
from meet.accounts.retention import forget_incidents
from meet.accounts.tasks import dispatch_mail
from meet.conf.applications import CHECKS_WITHOUT_PAGES
from meet.metrics.roles import watched_background
from meet.run.celery_worker import work
from meet.run.periodic import Beat
from meet.wakeup import LOOK_S, WORKERS
from recording.tasks import check_composers
from rooms.webhooks.tasks import dispatch, prune_deliveries
from stats.tasks import LOOK_FOR_LOST_S, end_lost_sessions, forget_old_samples, forget_old_sessions, keep_usage

# Most of them wait for somebody's web server most of the time.
THREADS: Final = 24
PRUNE_AUDIT_S: Final = 3600.0
PRUNE_S: Final = 3600.0
KEEP_USAGE_S: Final = 3600.0
PRUNE_SAMPLES_S: Final = 3600.0
PRUNE_SESSIONS_S: Final = 3600.0
PRUNE_INCIDENTS_S: Final = 3600.0
CHECK_COMPOSERS_S: Final = 300.0


class Command(BaseCommand):
    help = "Run background tasks."
    requires_system_checks = CHECKS_WITHOUT_PAGES

    def handle(self, *args: Any, **options: Any) -> None:
        # Not by way of the broker: what is due is seen even when nobody could be told.
        with watched_background("worker", settings.CONFIG) as heartbeat:
            beat = Beat(
                heartbeat,
                (LOOK_S, dispatch),
                (LOOK_S, dispatch_mail),
                (PRUNE_S, prune_deliveries.delay),
                (KEEP_USAGE_S, keep_usage.delay),
                (PRUNE_SAMPLES_S, forget_old_samples.delay),
                (PRUNE_SESSIONS_S, forget_old_sessions.delay),
                (CHECK_COMPOSERS_S, check_composers),
                (LOOK_FOR_LOST_S, end_lost_sessions),
                (PRUNE_AUDIT_S, prune_audit_trail),
                (PRUNE_INCIDENTS_S, prune_incidents),
            )
            work("meet", [WORKERS], beat, threads=THREADS)


def prune_audit_trail() -> None:
    """Once in a while."""
    prune(timezone.now())


def prune_incidents() -> None:
    """Once in a while."""
    forget_incidents(timezone.now(), settings.CONFIG.incident_days)
