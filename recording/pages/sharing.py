"""Links to a video's page, and the code with which it stands in another page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils.html import format_html

from meet.accounts.models import Visibility
from recording.delivery.addresses import address_of_page
from recording.delivery.links import expiry_of

if TYPE_CHECKING:
    import datetime as dt

    from django.http import HttpRequest

    from recording.models import Video

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
    """`until_ms` is when the link expires (Unix time); None for one that does not, because none is needed."""

    link: str
    embed: str
    until_ms: int | None
    visibility: str

    def as_json(self) -> dict[str, Any]:
        """For the page's script."""
        return {"link": self.link, "embed": self.embed, "untilMs": self.until_ms, "visibility": self.visibility}


def share(request: HttpRequest, video: Video, days: int, now: dt.datetime) -> Shared:
    """What lets others watch a video for so many days, at the host that was asked."""
    visibility, life_s = video.account.recording_visibility, days * DAY_S
    until_ms = expiry_of(now.timestamp(), life_s) * 1000 if visibility == Visibility.SIGNED else None
    link = request.build_absolute_uri(address_of_page(video, "video", now, life_s))
    frame = request.build_absolute_uri(address_of_page(video, "video-embed", now, life_s))
    return Shared(link, format_html(_FRAME, frame, video.name), until_ms, visibility)
