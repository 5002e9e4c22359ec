"""`manage.py composer`: makes videos of what the nodes on this machine have recorded (Celery)."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand

from meet.conf.applications import CHECKS_WITHOUT_PAGES
from meet.metrics.roles import watched_background
from meet.run.celery_worker import work
from meet.run.periodic import Beat
from meet.wakeup import LOOK_S, composer_of
from recording.tasks import look, look_after_recordings

# One makes videos, the other one files of people meanwhile.
THREADS: Final = 2
LOOK_AFTER_S: Final = 60.0


class Command(BaseCommand):
    help = "Make videos of what this machine's node has recorded."
    requires_system_checks = CHECKS_WITHOUT_PAGES

    def handle(self, *args: Any, **options: Any) -> None:
        nodes = settings.CONFIG.composed_nodes
        # Not by way of the broker: what is due is seen even when nobody could be told.
        with watched_background("composer", settings.CONFIG) as heartbeat:
            beat = Beat(heartbeat, (LOOK_S, look), (LOOK_AFTER_S, look_after_recordings))
            work(f"composer-{nodes[0]}", [composer_of(node).queue for node in nodes], beat, threads=THREADS)
