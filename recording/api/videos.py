"""Videos of recordings (spec: "Getting Recorded Video")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from meet.api.permissions import IsAdmin
from meet.errors import NotFoundError
from meet.wakeup import composer_of, wake
from recording.api import answers
from recording.api.base import TOTAL, VideoView, operation
from recording.jobs.participant_files import do_ask_for
from recording.jobs.search import find, videos_of
from recording.jobs.sequence import neighbours
from recording.jobs.videos import do_delete, do_restore
from rooms.api.bodies import read

if TYPE_CHECKING:
    from rest_framework.request import Request

    from recording.models import PersonFile, VideoPerson

PAGE: Final = 25
MAX_PAGE: Final = 100
MAX_OFFSET: Final = 1_000_000
MAX_TEXT: Final = 200


class SearchQuery(serializers.Serializer[Any]):
    """Which videos."""

    q = serializers.CharField(
        max_length=MAX_TEXT,
        required=False,
        default="",
        allow_blank=True,
        help_text="What is in the name, such as the room's id. All videos without it.",
    )
    person = serializers.CharField(
        max_length=MAX_TEXT,
        required=False,
        default="",
        allow_blank=True,
        help_text="What is in the name of somebody who is in it, or their id.",
    )
    since = serializers.DateTimeField(required=False, default=None, help_text="Not those that began before.")
    until = serializers.DateTimeField(required=False, default=None, help_text="Only those that began before.")
    limit = serializers.IntegerField(min_value=1, max_value=MAX_PAGE, default=PAGE, help_text="So many at most.")
    offset = serializers.IntegerField(
        min_value=0, max_value=MAX_OFFSET, default=0, help_text="So many are left out at the beginning."
    )


class VideoSearch(VideoView):
    """The account's videos."""

    @operation("searchVideos", answers.VideoAnswer(many=True), query=SearchQuery, counted=True)
    def get(self, request: Request) -> Response:
        """Find videos, the newest first. Those that are not ready yet are among them."""
        asked = read(SearchQuery, request.query_params)
        found = find(
            videos_of(self.account(request)),
            text=asked["q"],
            person=asked["person"],
            since=asked["since"],
            until=asked["until"],
        )
        start, end = asked["offset"], asked["offset"] + asked["limit"]
        page = list(found.select_related("account").prefetch_related("people")[start:end])
        around = neighbours(page)
        told = [answers.video_of(video, request, around[video.pk]) for video in page]
        return Response(told, headers={TOTAL: str(found.count())})


class OneVideo(VideoView):
    """What tells of one video."""

    def told(self, request: Request, video_id: int) -> dict[str, Any]:
        """Everything about it."""
        video = self.video(request, video_id)
        return answers.video_of(video, request, neighbours([video])[video.pk])


class VideoDetail(OneVideo):
    """One video."""

    @operation("getVideo", answers.VideoAnswer)
    def get(self, request: Request, video_id: int) -> Response:
        """Tell everything about a video, with addresses that count for some hours."""
        return Response(self.told(request, video_id))

    @operation("deleteVideo", answers.VideoDeleted)
    def delete(self, request: Request, video_id: int) -> Response:
        """Delete a video. It can be brought back for some days."""
        now = timezone.now()
        do_delete(self.video(request, video_id), now)
        return Response(answers.deleted_at(now))


class VideoRestore(OneVideo):
    """Undoes a deletion."""

    @operation("restoreVideo", answers.VideoAnswer)
    def post(self, request: Request, video_id: int) -> Response:
        """Bring a deleted video back."""
        do_restore(self.video(request, video_id, put_away=True))
        return Response(self.told(request, video_id))


class Original(VideoView):
    """What somebody sent in a video's time, as they sent it: for owners and admins alone."""

    permission_classes = (IsAdmin,)

    @operation("getOriginal", answers.OriginalAnswer)
    def get(self, request: Request, video_id: int, peer_id: str) -> Response:
        """Tell how far somebody's file is, and where to get it. Ask for it by POST first."""
        file: PersonFile | None = getattr(self._person(request, video_id, peer_id), "file", None)
        if file is None:
            raise NotFoundError("originalNotFound", "Nobody has asked for this file.", hint="Ask for it by POST.")
        return Response(answers.original_of(file, request))

    @operation("askForOriginal", answers.OriginalAnswer)
    def post(self, request: Request, video_id: int, peer_id: str) -> Response:
        """Have somebody's sound and pictures put into one file, without encoding them again."""
        person = self._person(request, video_id, peer_id)
        file = do_ask_for(person, timezone.now())
        wake(composer_of(person.video.recording.node))
        return Response(answers.original_of(file, request))

    def _person(self, request: Request, video_id: int, peer_id: str) -> VideoPerson:
        video = self.video(request, video_id)
        person = video.people.filter(peer_id=peer_id).first() if peer_id.isprintable() else None
        if person is None:
            raise NotFoundError("peerNotFound", "There is nobody of this id in this video.")
        person.video = video
        return person
