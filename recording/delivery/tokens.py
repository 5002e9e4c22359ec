"""What an address lets somebody have: by its signature, and where it is of a kept link, by that."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import TYPE_CHECKING

from recording.delivery.addresses import keys
from recording.delivery.links import LIFE_S, LinkExpired, LinkRefused, check, kept_id
from recording.jobs.kept_links import links_of

if TYPE_CHECKING:
    from recording.delivery.links import Files
    from recording.models import Video


def check_token(video: Video, files: Files, token: str, now: dt.datetime) -> float:
    """Until when a token counts (Unix time), as far as one knows. Raises `LinkRefused` and `LinkExpired`."""
    link_id = _kept_id(video, token)
    if link_id is None:
        return _checked(video, files, token, now.timestamp())
    if files != "video":
        raise LinkRefused
    link = links_of(video, now).filter(pk=link_id).first()
    if link is None:
        raise LinkExpired
    return (link.expires_at or now + dt.timedelta(seconds=LIFE_S)).timestamp()


def is_kept(video: Video, token: str) -> bool:
    """Whether a token is a kept link's."""
    try:
        return _kept_id(video, token) is not None
    except LinkRefused:
        return False


def _kept_id(video: Video, token: str) -> int | None:
    """As `links.kept_id`, with any of our keys."""
    for key in keys():
        with suppress(LinkRefused):
            return kept_id(key, video.pk, token)
    raise LinkRefused


def _checked(video: Video, files: Files, token: str, now_s: float) -> int:
    """As `links.check`, with any of our keys."""
    for key in keys():
        try:
            return check(key, video.slug, files, token, now_s)
        except LinkExpired:
            raise
        except LinkRefused:
            continue
    raise LinkRefused
