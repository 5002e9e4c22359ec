"""Finds videos: by what is in their name, by who is in them, by when they were recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from recording.models import Video, VideoPerson

if TYPE_CHECKING:
    import datetime as dt

    from django.db.models import QuerySet

    from meet.accounts.models import Account


def videos_of(account: Account) -> QuerySet[Video]:
    """An account's videos, the newest first; not those that were put away."""
    return Video.objects.filter(account=account, deleted_at=None)


def find(
    videos: QuerySet[Video],
    *,
    text: str = "",
    person: str = "",
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
) -> QuerySet[Video]:
    """Those of some videos whose name has this text in it, with somebody in them whose name or id has that.

    `since` and `until` limit when the recording began; `until` itself is not included.
    """
    if text:
        videos = videos.filter(name__icontains=text)
    if person:
        people = VideoPerson.objects.filter(video=OuterRef("pk"))
        named = people.filter(display_name__icontains=person)
        videos = videos.filter(Exists(named) | Exists(people.filter(peer_id=person)))
    if since is not None:
        videos = videos.filter(created_at__gte=since)
    if until is not None:
        videos = videos.filter(created_at__lt=until)
    return videos
