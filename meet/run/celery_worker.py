"""Runs Celery in this process, with regular work beside it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from celery.platforms import SecurityWarning

from meet.celery import app

if TYPE_CHECKING:
    from meet.run.periodic import Beat


def work(hostname: str, beat: Beat, *options: str, threads: int) -> None:
    """Carry out tasks until SIGINT or SIGTERM; `options` are further ones of Celery's worker."""
    warnings.filterwarnings("ignore", category=SecurityWarning)  # in a container root is the only user
    beat.start()
    try:
        app.worker_main(
            [
                "--quiet",
                "worker",
                f"--hostname={hostname}",
                *options,
                "--pool=threads",
                f"--concurrency={threads}",
                "--loglevel=WARNING",
                "--without-gossip",
                "--without-mingle",
                "--without-heartbeat",
            ]
        )
    finally:
        beat.close()
