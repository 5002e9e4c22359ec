"""Links to a video's page, and the code with which it stands in another page."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final, Literal, cast

import msgspec
from django.urls import reverse
from django.utils.html import escape

from meet.accounts.models import Visibility
from meet.accounts.scope import ADMINS, may
from recording.delivery.addresses import address_of_page, token_of_link
from recording.delivery.links import expiry_of
from recording.jobs.kept_links import do_find_or_make_link, links_of

if TYPE_CHECKING:
    from django.http import HttpRequest

    from recording.models import Video, VideoLink

# The values of `Visibility`.
Visible = Literal["signed", "members", "public"]
DAY_S: Final = 86_400
# So many days a link may count.
LIVES: Final = (1, 7, 30, 365)
DEFAULT_LIFE: Final = 7
_FRAME: Final = (
    '<iframe src="{}" title="{}" width="640" height="360" style="border:0" '
    'allow="autoplay; fullscreen; picture-in-picture" allowfullscreen></iframe>'
)


class KeptLink(msgspec.Struct, frozen=True, rename="camel"):
    """A link that counts; `revoke` is where to ask for its end, empty where somebody else has to do that."""

    made_by: str
    note: str
    made_ms: int
    until_ms: int | None
    revoke: str


class KeptLinks(msgspec.Struct, frozen=True, rename="camel"):
    """A video's links that count."""

    links: list[KeptLink]


class Shared(msgspec.Struct, frozen=True, rename="camel"):
    """A link and the code for another page. `until_ms` is when they expire (Unix time); None where none is needed.

    `links` are those of the video that count, this one included.
    """

    link: str
    embed: str
    until_ms: int | None
    visibility: Visible
    links: list[KeptLink]


def share(request: HttpRequest, video: Video, days: int, now: dt.datetime) -> Shared:
    """What lets others watch a video for so many days, at the host that was asked."""
    visibility = video.account.recording_visibility
    until_s, token = None, ""
    if visibility == Visibility.SIGNED:
        until_s = expiry_of(now.timestamp(), days * DAY_S)
        kept = do_find_or_make_link(video, request.user.get_username(), dt.datetime.fromtimestamp(until_s, dt.UTC), now)
        token = token_of_link(kept)
    link = request.build_absolute_uri(address_of_page(video, "video", now, token))
    frame = request.build_absolute_uri(address_of_page(video, "video-embed", now, token))
    until_ms = None if until_s is None else until_s * 1000
    embed = _FRAME.format(escape(frame), escape(video.name))
    return Shared(link, embed, until_ms, cast("Visible", visibility), listed(request, video, now))


def listed(request: HttpRequest, video: Video, now: dt.datetime) -> list[KeptLink]:
    """The links that count; who may revoke one has where to ask for that."""
    return [
        KeptLink(
            link.made_by,
            link.note,
            int(link.made_at.timestamp() * 1000),
            None if link.expires_at is None else int(link.expires_at.timestamp() * 1000),
            reverse("recording-revoke", args=(video.pk, link.pk)) if may_revoke(request, link) else "",
        )
        for link in links_of(video, now)
    ]


def may_revoke(request: HttpRequest, link: VideoLink) -> bool:
    """Owners and admins, and whoever made it."""
    return may(request.user, link.video.account, ADMINS) or link.made_by == request.user.get_username()
