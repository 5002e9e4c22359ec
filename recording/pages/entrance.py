"""Who may open a video's page: the account's people, and others as the account's `recording_visibility` says."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Literal

from meet.accounts.models import Visibility
from meet.accounts.scope import ANYBODY, may
from recording.delivery.addresses import TOKEN
from recording.delivery.links import LinkExpired, LinkRefused
from recording.delivery.tokens import check_token
from recording.models import Video

if TYPE_CHECKING:
    import datetime as dt

    from django.http import HttpRequest


class Reason(Enum):
    """Why there is nothing to watch; values are the page's codes, and come with an HTTP status."""

    NOT_FOUND = "notFound", 404
    EXPIRED = "expired", 410
    DELETED = "deleted", 410

    @property
    def code(self) -> Literal["notFound", "expired", "deleted"]:
        """For the page's script."""
        code: Literal["notFound", "expired", "deleted"] = self.value[0]
        return code

    @property
    def status(self) -> int:
        """For programs."""
        return self.value[1]


class Closed(Exception):
    """There is nothing to watch here. `video` is told only where the visitor may know that there is, or was, one."""

    def __init__(self, reason: Reason, video: Video | None = None) -> None:
        super().__init__(reason.code)
        self.reason = reason
        self.video = video


def enter(request: HttpRequest, video_id: int, now: dt.datetime) -> Video:
    """The video that a visitor wants to watch, whether it is ready or not. Raises `Closed`.

    What isn't there and what isn't for this visitor look the same.
    """
    video = Video.objects.select_related("account", "recording").filter(pk=video_id).first()
    if video is None:
        raise Closed(Reason.NOT_FOUND)
    if not may(request.user, video.account, ANYBODY):
        _check_visitor(video, request.GET.get(TOKEN, ""), now)
    if video.deleted_at is not None:
        raise Closed(Reason.DELETED, video)
    return video


def _check_visitor(video: Video, token: str, now: dt.datetime) -> None:
    visibility = video.account.recording_visibility
    if visibility == Visibility.PUBLIC:
        return
    try:
        check_token(video, "video", token, now)
    except LinkExpired as error:
        raise Closed(Reason.EXPIRED, video) from error
    except LinkRefused as error:
        raise Closed(Reason.NOT_FOUND) from error
    if visibility == Visibility.MEMBERS:
        raise Closed(Reason.NOT_FOUND)
