"""Runs Celery in this process, with regular work beside it."""

from __future__ import annotations

import logging
import os
import warnings
from typing import TYPE_CHECKING

from celery.concurrency import get_implementation
from celery.platforms import SecurityWarning
from celery.signals import worker_shutting_down

from meet.celery import app
from meet.run.periodic import Beat
from meet.run.sd_notify import Notifier
from meet.wakeup import do_here

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def work(hostname: str, queues: Sequence[str], beat: Beat, *, threads: int) -> None:
    """Carry out the tasks of these queues until SIGINT or SIGTERM."""
    warnings.filterwarnings("ignore", category=SecurityWarning)  # in a container root is the only user
    os.environ["CELERY_SKIP_CHECKS"] = "1"  # ours have been made; Django's would load all pages
    for queue in queues:
        do_here(queue)
    # Nothing is leased any more that this process would not do.
    worker_shutting_down.connect(beat.end, weak=False)
    notifier = Notifier.taken_from(os.environ)

    def stopping(**_signal: Any) -> None:
        notifier.stopping()

    worker_shutting_down.connect(stopping, weak=False)
    beat.start()
    notifier.ready()  # what is due is found from now on, whether or not the broker answers
    watched = Beat() if notifier.interval_s is None else Beat((notifier.interval_s, notifier.alive))
    watched.start()
    try:
        # Not by its command line, whose libraries take as much memory as the rest of Celery.
        app.Worker(
            hostname=hostname,
            queues=list(queues),
            pool_cls=get_implementation("threads"),
            concurrency=threads,
            loglevel=logging.WARNING,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            quiet=True,
        ).start()
    finally:
        beat.close()
        watched.close()
