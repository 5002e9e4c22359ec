"""What recordings keep of a person (`meet.accounts.personal.Keeper`). Their picture and voice in a video stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from recording.jobs.erased_names import rewrite_chapters
from recording.jobs.retention import do_delete_tracks
from recording.models import ErasedName, Recording, Status, Video, VideoPerson

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterator

    from django.db.models import QuerySet

    from meet.accounts.models import Account
    from meet.accounts.personal import Person

KINDS: Final = ("videos", "tracks")
_OPEN: Final = (Status.WAITING, Status.COMPOSING)


def count(person: Person) -> dict[str, int]:
    """Videos that name them, and recordings whose tracks hold what they sent."""
    return {"videos": _named(person).count(), "tracks": len(_with_tracks(person))}


def rows(person: Person) -> Iterator[tuple[str, dict[str, Any]]]:
    """Which videos they are in, under which name."""
    for one in _named(person).select_related("video"):
        yield (
            "videos",
            {
                "video_id": one.video_id,
                "video": one.video.name,
                "room_id": one.video.room_id,
                "recorded_at": one.video.created_at,
                "peer_id": one.peer_id,
                "display_name": one.display_name,
            },
        )
    for recording in _with_tracks(person):
        yield "tracks", {"room_id": recording.room_id, "began_at": recording.started_at, "ended_at": recording.ended_at}


def erase(person: Person, now: dt.datetime) -> None:
    """Their names in lists, chapters and subtitles of chapters, and the original tracks of recordings they were in.

    Tracks are one capture, so those of the others in it go as well. Files are changed when the transaction is over, and
    what can't be changed then, because the storage is away, is tried again.
    """
    for recording in _with_tracks(person):
        do_delete_tracks(recording, now)
    for one in _named(person).select_related("video"):
        if one.video.status == Status.READY:
            ErasedName.objects.create(video=one.video, peer_id=person.peer_id)
            _rewrite_on_commit(one.video_id)
        one.delete()


def unfinished(account: Account, room_ids: Collection[str]) -> int:
    """How many recordings of these rooms are not videos yet: what is made of them will name who was in."""
    waiting = Video.objects.filter(account=account, room_id__in=room_ids, status__in=_OPEN).count()
    return waiting + Recording.objects.filter(account=account, room_id__in=room_ids, ended_at=None).count()


def _rewrite_on_commit(video_id: int) -> None:
    transaction.on_commit(lambda: rewrite_chapters(video_id), robust=True)


def _named(person: Person) -> QuerySet[VideoPerson]:
    return VideoPerson.objects.filter(video__account=person.account, peer_id=person.peer_id).order_by("pk")


def _with_tracks(person: Person) -> list[Recording]:
    mine = Recording.objects.filter(account=person.account, ended_at__isnull=False, tracks_deleted_at=None)
    waiting = Video.objects.filter(account=person.account, status__in=_OPEN).values("recording")
    return list(mine.filter(videos__people__peer_id=person.peer_id).exclude(pk__in=waiting).distinct().order_by("pk"))
