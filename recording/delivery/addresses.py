"""The addresses of videos' files and of the pages that play them, as pages, the API and playlists name them."""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from meet.accounts.models import Visibility
from recording.delivery.links import LIFE_S, derive_key, expiry_of, sign, sign_kept
from recording.models import Status

if TYPE_CHECKING:
    from recording.delivery.links import Files
    from recording.models import PersonFile, Video, VideoLink

MP4: Final = "video.mp4"
MASTER: Final = "hls/master.m3u8"
POSTER: Final = "poster.jpg"
# With this in its query, an address saves the file instead of showing it.
DOWNLOAD: Final = "download"
# With this in its query, a page plays a video for whoever has a signed link.
TOKEN: Final = "token"  # noqa: S105 - its name
_UNSAFE: Final = re.compile(r"[^\w.-]+")


def keys() -> tuple[bytes, ...]:
    """The keys of signatures: the first is signed with, all count."""
    return tuple(map(_derived, (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)))


def token_of(video: Video, now: dt.datetime, files: Files = "video", life_s: int = LIFE_S) -> str:
    """What lets somebody have files of a video, or of its people, for so long."""
    return sign(keys()[0], video.slug, files, expiry_of(now.timestamp(), life_s))


def address_of(video: Video, path: str, now: dt.datetime, token: str = "") -> str | None:
    """The address of one of a video's files, without scheme and host; None while there is none.

    With the `token` of a kept link it counts as long as that does.
    """
    if video.status != Status.READY:
        return None
    return reverse("video-file", args=(video.pk, token or token_of(video, now), path))


def token_of_link(link: VideoLink) -> str:
    """What lets somebody have files of a video by a kept link."""
    return sign_kept(keys()[0], link.video_id, link.pk)


def address_of_page(video: Video, page: Literal["video", "video-embed"], now: dt.datetime, token: str = "") -> str:
    """The address at which a video is watched alone or in another page; it expires where the account wants that.

    With the `token` of a kept link it counts as long as that does.
    """
    address = reverse(page, args=(video.pk,))
    if video.account.recording_visibility != Visibility.SIGNED:
        return address
    return f"{address}?{urlencode({TOKEN: token or token_of(video, now)})}"


def address_of_person(file: PersonFile, now: dt.datetime) -> str | None:
    """The address at which a person's file is saved; None while there is none."""
    if file.status != Status.READY:
        return None
    video = file.person.video
    return f"{reverse('video-file', args=(video.pk, token_of(video, now, 'people'), file.name))}?{DOWNLOAD}"


def expires_at(now: dt.datetime) -> dt.datetime:
    """Until when addresses count that are made now."""
    return dt.datetime.fromtimestamp(expiry_of(now.timestamp()), dt.UTC)


def file_name(video: Video) -> str:
    """Under which name it is saved by who downloads it."""
    return f"{_UNSAFE.sub('_', video.name).strip('_') or 'video'}.mp4"


@cache
def _derived(secret_key: str) -> bytes:
    return derive_key(secret_key)
