"""The composer's tasks. Captures are files on one machine: each node has a queue, for the composer beside it.

A composer may see to several nodes of its machine. What tasks get is a key and a lease; everything else is in the
database.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, Final

from celery import shared_task
from celery.signals import worker_shutting_down
from django.conf import settings
from django.utils import timezone

from meet.leases import Lease
from meet.wakeup import LOOK, composer_of
from recording.jobs.erased_names import rewrite_what_is_left
from recording.jobs.incidents import tell_of_full_disk, tell_of_missing_composers
from recording.jobs.limits import has_space
from recording.jobs.participant_files import Gathering
from recording.jobs.recordings import divide_running, end_abandoned
from recording.jobs.retention import delete_old_tracks, delete_put_away, tidy
from recording.jobs.runner import Maker, postpone
from recording.jobs.turns import due, lease_next, release
from recording.jobs.videos import Composing
from recording.storage.garbage import delete_discarded

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from django.db.models import QuerySet

logger = logging.getLogger(__name__)

_stopping: Final = threading.Event()


@shared_task(name=LOOK)  # type: ignore[untyped-decorator]  # celery has no types
def look() -> None:
    """Have the next video made, and the next file of a person."""
    _hand_out(Composing(), compose_video)
    _hand_out(Gathering(), write_person_file)


@shared_task(name="recording.compose_video")  # type: ignore[untyped-decorator]
def compose_video(video_id: int, owner: str) -> None:
    """Make one video, then see what is next."""
    Maker(Composing(), _stopping).make(Lease(video_id, owner))
    _go_on()


@shared_task(name="recording.write_person_file")  # type: ignore[untyped-decorator]
def write_person_file(file_id: int, owner: str) -> None:
    """Make one file of a person, then see what is next."""
    Maker(Gathering(), _stopping).make(Lease(file_id, owner))
    _go_on()


def look_after_recordings() -> None:
    """Once in a while: end what a dead node left, have parts of long recordings composed, delete what is to go."""
    now = timezone.now()
    for node in settings.CONFIG.composed_nodes:
        if end_abandoned(node, settings.CAPTURES_DIR, now):
            logger.warning("The node %s has not run for long: its recordings end where its files do", node)
        divide_running(node, now)
        delete_old_tracks(node, now)
        delete_discarded(node, settings.CAPTURES_DIR)
    delete_put_away(now)
    rewrite_what_is_left()
    tidy(settings.COMPOSITIONS_DIR)


def check_composers() -> None:
    """Once in a while, by those who are no composers."""
    tell_of_missing_composers(timezone.now())


def _hand_out(kind: Composing | Gathering, task: Callable[..., None]) -> None:
    now, jobs = timezone.now(), kind.jobs(*settings.CONFIG.composed_nodes)
    if not due(jobs, now).exists():
        return
    if not has_space(settings.COMPOSITIONS_DIR, settings.CONFIG):
        _wait_for_space(jobs, now)
        return
    lease = lease_next(jobs, now)
    if lease is None:
        return
    if _stopping.is_set():
        release(kind.model, lease)
        return
    try:
        task.apply_async(lease, queue=composer_of(settings.CONFIG.composed_nodes[0]).queue, retry=False)  # type: ignore[attr-defined]
    except Exception:
        release(kind.model, lease)
        raise


def _wait_for_space(jobs: QuerySet[Any], now: dt.datetime) -> None:
    """What is due is looked at again in a while; those whose it is are told."""
    waiting = due(jobs, now)
    if waiting.exists():
        logger.warning("Nothing is made of recordings: the disk is nearly full")
        tell_of_full_disk(waiting, now)
        postpone(waiting, now)


def _go_on() -> None:
    if not _stopping.is_set():
        look()


@worker_shutting_down.connect(dispatch_uid="recording.stop")  # type: ignore[untyped-decorator]
def _stop(**_signal: Any) -> None:
    """What is being made is left to the next composer, which goes on with it."""
    _stopping.set()
