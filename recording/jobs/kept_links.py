"""Links to videos that are kept, so that each can be revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Q

from meet.errors import BadRequest
from recording.models import VideoLink

if TYPE_CHECKING:
    import datetime as dt

    from django.db.models import QuerySet

    from recording.models import Video

# Of one video, at a time.
MOST_LINKS: Final = 200


def links_of(video: Video, now: dt.datetime) -> QuerySet[VideoLink]:
    """Those that count."""
    counts = Q(expires_at__gt=now)
    if video.account.lasting_links:
        counts |= Q(expires_at=None)
    return VideoLink.objects.filter(counts, video=video, revoked_at=None)


def do_make_link(
    video: Video, made_by: str, expires_at: dt.datetime | None, now: dt.datetime, note: str = ""
) -> VideoLink:
    """A new link, without `expires_at` a lasting one. Raises `BadRequest`."""
    if expires_at is None and not video.account.lasting_links:
        raise BadRequest(
            "lastingLinksOff",
            "Your account makes no lasting addresses of videos.",
            hint="Say in `days` for how long it counts, or turn on the account's option.",
        )
    if links_of(video, now).count() >= MOST_LINKS:
        raise BadRequest("tooManyLinks", f"A video has {MOST_LINKS} links at most: revoke those that are not needed.")
    return VideoLink.objects.create(video=video, made_by=made_by, made_at=now, expires_at=expires_at, note=note)


def do_find_or_make_link(video: Video, made_by: str, expires_at: dt.datetime, now: dt.datetime) -> VideoLink:
    """The link of the same person for the same time, if there is one. Raises `BadRequest`."""
    found = links_of(video, now).filter(made_by=made_by, expires_at=expires_at, note="").first()
    return found or do_make_link(video, made_by, expires_at, now)


def do_revoke_link(link: VideoLink, now: dt.datetime) -> None:
    """From now on it opens nothing. Done already: nothing happens."""
    VideoLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=now)
