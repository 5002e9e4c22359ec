"""Links to videos that are kept and can be revoked, one by one."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from meet.api.permissions import IsAdmin
from meet.errors import NotFoundError
from recording.api import answers
from recording.api.base import VideoView, operation
from recording.jobs.kept_links import do_make_link, do_revoke_link, links_of
from recording.models import MAX_NOTE
from rooms.api.bodies import read

if TYPE_CHECKING:
    from rest_framework.request import Request

MAX_DAYS: Final = 3650
PROGRAM: Final = "API"


class LinkBody(serializers.Serializer[Any]):
    """How long it counts, and what it is for."""

    days = serializers.IntegerField(
        min_value=1,
        max_value=MAX_DAYS,
        required=False,
        allow_null=True,
        default=None,
        help_text="It counts for so many days; without this until it is revoked, where the account lets it.",
    )
    note = serializers.CharField(
        max_length=MAX_NOTE, required=False, allow_blank=True, default="", help_text="What it is for, for yourself."
    )


class VideoLinks(VideoView):
    """A video's links: whoever has one may watch, so they are for owners and admins alone."""

    permission_classes = (IsAdmin,)

    @operation("listLinks", answers.LinkAnswer(many=True))
    def get(self, request: Request, video_id: int) -> Response:
        """List a video's links that count, the newest first."""
        found = links_of(self.video(request, video_id), timezone.now()).select_related("video__account")
        return Response([answers.link_of(link, request) for link in found])

    @operation("makeLink", answers.LinkAnswer, body=LinkBody)
    def post(self, request: Request, video_id: int) -> Response:
        """Make addresses of a video that count until they expire, or until they are revoked."""
        video = self.video(request, video_id)
        asked = read(LinkBody, request.data)
        now = timezone.now()
        expires_at = None if asked["days"] is None else now + dt.timedelta(days=asked["days"])
        made_by = request.user.get_username() or PROGRAM
        return Response(answers.link_of(do_make_link(video, made_by, expires_at, now, asked["note"]), request))


class VideoLinkDetail(VideoView):
    """One of a video's links."""

    permission_classes = (IsAdmin,)

    @operation("revokeLink", answers.LinkRevoked)
    def delete(self, request: Request, video_id: int, link_id: int) -> Response:
        """Revoke a link: its addresses open nothing any more."""
        link = self.video(request, video_id).links.filter(pk=link_id, revoked_at=None).first()
        if link is None:
            raise NotFoundError("linkNotFound", "There is no such link of this video.")
        do_revoke_link(link, timezone.now())
        return Response(answers.link_revoked())
