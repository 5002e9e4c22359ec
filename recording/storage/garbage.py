"""Files that nobody needs any more are noted in the transaction that makes them so, and deleted where they are.

So it is whatever deletes a row, an account's end included: signals tell of each.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Final

from django.db.models.signals import post_delete
from django.dispatch import receiver

from recording.models import Discarded, Recording, Video
from recording.storage.storing import PEOPLE, folder_of, video_storage

if TYPE_CHECKING:
    from pathlib import Path

    from django.db.models import QuerySet

# At a time, so that other work of the beat isn't held up.
MOST: Final = 20


def discard_video(video: Video) -> None:
    """A video's files can be deleted."""
    Discarded.objects.create(kind=Discarded.Kind.VIDEO, name=folder_of(video))


def discard_people(video: Video) -> None:
    """The files of its people can be deleted."""
    Discarded.objects.create(kind=Discarded.Kind.VIDEO, name=f"{folder_of(video)}/{PEOPLE}")


def discard_capture(recording: Recording) -> None:
    """A recording's capture can be deleted."""
    Discarded.objects.create(kind=Discarded.Kind.CAPTURE, node=recording.node, name=recording.folder)


def delete_discarded(node: str, captures: Path) -> None:
    """Delete captures on this node's machine, and videos' files in the storage."""
    for one in _some(Discarded.Kind.CAPTURE, node=node):
        folder = captures / one.name
        if folder.exists():
            shutil.rmtree(folder)
        one.delete()
    for one in _some(Discarded.Kind.VIDEO):
        video_storage().folder_deleted(one.name)
        one.delete()


def _some(kind: Discarded.Kind, **more: Any) -> QuerySet[Discarded]:
    return Discarded.objects.filter(kind=kind, **more).order_by("pk")[:MOST]


@receiver(post_delete, sender=Video, dispatch_uid="recording.video")
def _video_deleted(instance: Video, **_signal: Any) -> None:
    discard_video(instance)


@receiver(post_delete, sender=Recording, dispatch_uid="recording.recording")
def _recording_deleted(instance: Recording, **_signal: Any) -> None:
    discard_capture(instance)
