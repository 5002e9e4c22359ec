"""Links to a video's page, and the code with which it stands in another page."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.urls import reverse
from django.utils.html import format_html

from meet.accounts.models import Visibility
from meet.accounts.scope import ADMINS, may
from recording.delivery.addresses import address_of_page, token_of_link
from recording.delivery.links import expiry_of
from recording.jobs.kept_links import do_find_or_make_link, links_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest

    from recording.models import Video, VideoLink

DAY_S: Final = 86_400
# So many days a link may count.
LIVES: Final = (1, 7, 30, 365)
DEFAULT_LIFE: Final = 7
_FRAME: Final = (
    '<iframe src="{}" title="{}" width="640" height="360" style="border:0" '
    'allow="autoplay; fullscreen; picture-in-picture" allowfullscreen></iframe>'
)


@dataclass(frozen=True)
class Shared:
    """`until_ms` is when the link expires (Unix time); None for one that does not, because none is needed.

    `links` are those of the video that count, this one included.
    """

    link: str
    embed: str
    until_ms: int | None
    visibility: str
    links: Sequence[dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """For the page's script."""
        return {
            "link": self.link,
            "embed": self.embed,
            "untilMs": self.until_ms,
            "visibility": self.visibility,
            "links": self.links,
        }


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
    return Shared(link, format_html(_FRAME, frame, video.name), until_ms, visibility, listed(request, video, now))


def listed(request: HttpRequest, video: Video, now: dt.datetime) -> list[dict[str, Any]]:
    """The links that count, for the page's script; who may revoke one has where to ask for that."""
    return [
        {
            "madeBy": link.made_by,
            "note": link.note,
            "madeMs": int(link.made_at.timestamp() * 1000),
            "untilMs": None if link.expires_at is None else int(link.expires_at.timestamp() * 1000),
            "revoke": reverse("recording-revoke", args=(video.pk, link.pk)) if may_revoke(request, link) else "",
        }
        for link in links_of(video, now)
    ]


def may_revoke(request: HttpRequest, link: VideoLink) -> bool:
    """Owners and admins, and whoever made it."""
    return may(request.user, link.video.account, ADMINS) or link.made_by == request.user.get_username()
