"""What is deleted in time: tracks when their account has kept them for long enough, videos that were put away."""

from __future__ import annotations

import datetime as dt
import shutil
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Q

from meet.accounts.models import Account
from recording.jobs.participant_files import work_name as name_of_person
from recording.jobs.videos import UNDO
from recording.jobs.videos import work_name as name_of_video
from recording.models import PersonFile, Recording, Status, Video
from recording.storage.garbage import discard_capture, discard_people

if TYPE_CHECKING:
    from pathlib import Path

    from django.db.models import QuerySet

# At a time: the beat has other work.
MOST: Final = 50
# What could not be composed may be composed again for so long at least.
FAILED_KEPT: Final = dt.timedelta(days=30)
_OPEN: Final = (Status.WAITING, Status.COMPOSING)


def delete_old_tracks(node: str, now: dt.datetime) -> None:
    """Tracks of this node's recordings, and the files of people that were made of them, when their time is over.

    They stay while a video waits to be made of them.
    """
    for days in Account.objects.order_by().values_list("keep_tracks_days", flat=True).distinct():
        for recording in old_tracks(now, days).filter(node=node, account__keep_tracks_days=days)[:MOST]:
            do_delete_tracks(recording, now)


def old_tracks(now: dt.datetime, days: int) -> QuerySet[Recording]:
    """Recordings that ended more than so many days ago, and whose tracks nothing is to be made of any more."""
    kept = Recording.objects.filter(ended_at__isnull=False, tracks_deleted_at=None)
    failed = Q(pk__in=Video.objects.filter(status=Status.FAILED).values("recording"))
    waiting = Q(pk__in=Video.objects.filter(status__in=_OPEN).values("recording"))
    old = kept.filter(ended_at__lt=now - dt.timedelta(days=days))
    return old.exclude(waiting).exclude(failed & Q(ended_at__gte=now - FAILED_KEPT))


def do_delete_tracks(recording: Recording, now: dt.datetime) -> None:
    """What each participant sent is gone; the videos stay."""
    with transaction.atomic():
        for video in recording.videos.all():
            discard_people(video)
        PersonFile.objects.filter(person__video__recording=recording).delete()
        Recording.objects.filter(pk=recording.pk).update(tracks_deleted_at=now)
        discard_capture(recording)


def delete_put_away(now: dt.datetime) -> None:
    """Videos that nobody has brought back in time, and recordings of which there are no videos any more."""
    for video in Video.objects.filter(deleted_at__lt=now - UNDO)[:MOST]:
        video.delete()
    for recording in Recording.objects.filter(ended_at__isnull=False, videos=None)[:MOST]:
        recording.delete()


def tidy(compositions: Path) -> None:
    """Delete what composers left behind that were not to go on."""
    if not compositions.is_dir():
        return
    folders = list(compositions.iterdir())
    wanted = {name_of_video(video) for video in Video.objects.filter(status__in=_OPEN)}
    wanted |= {name_of_person(file) for file in PersonFile.objects.filter(status__in=_OPEN)}
    for folder in folders:
        if folder.name not in wanted:
            shutil.rmtree(folder, ignore_errors=True)
