"""`manage.py worker`: background tasks (Celery)."""

from __future__ import annotations

import warnings
from typing import Any

from celery.platforms import SecurityWarning
from django.core.management.base import BaseCommand

from meet.celery import app


class Command(BaseCommand):
    help = "Run background tasks."

    def handle(self, *args: Any, **options: Any) -> None:
        warnings.filterwarnings("ignore", category=SecurityWarning)  # in a container root is the only user
        app.worker_main(
            [
                "--quiet",
                "worker",
                "--hostname=meet",
                "--pool=threads",
                "--concurrency=2",
                "--loglevel=WARNING",
                "--without-gossip",
                "--without-mingle",
                "--without-heartbeat",
            ]
        )
