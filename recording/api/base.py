"""What views of videos have in common. Another account's videos are not there: 404."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from meet.api.asked import asks
from meet.api.permissions import IsAdminOrReadOnly
from meet.api.schema import ErrorSerializer
from meet.api.views import ServerView
from meet.errors import NotFoundError
from recording.jobs.search import videos_of
from recording.models import Video

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from rest_framework.permissions import BasePermission
    from rest_framework.request import Request

    F = TypeVar("F", bound=Callable[..., Any])

TAG = "Recordings"
TOTAL = "X-Total-Count"


class VideoView(ServerView):
    """Viewers of recordings may ask; who changes something must be an owner or admin."""

    permission_classes: Sequence[type[BasePermission]] = (IsAdminOrReadOnly,)

    def video(self, request: Request, video_id: int, *, put_away: bool = False) -> Video:
        """One of the account's videos; with `put_away`, one of those that can be brought back. Raises `AppError`."""
        account = self.account(request)
        videos = Video.objects.filter(account=account, deleted_at__isnull=False) if put_away else videos_of(account)
        video = videos.filter(pk=video_id).select_related("account", "recording").first()
        if video is None:
            raise NotFoundError("videoNotFound", "There is no such video.")
        return video


def operation(
    name: str, answer: Any, *, body: Any = None, query: Any = None, counted: bool = False
) -> Callable[[F], F]:
    """Says what a method reads, and describes it in the schema, beside what its docstring says of it."""
    count = OpenApiParameter(TOTAL, int, OpenApiParameter.HEADER, response=True, description="How many there are.")
    describe = extend_schema(
        operation_id=name,
        request=body,
        parameters=[*([] if query is None else [query]), *([count] if counted else [])],
        responses={200: answer, 404: OpenApiResponse(ErrorSerializer, "There is no such video.")}
        if query is None
        else {200: answer},
        tags=[TAG],
    )

    def mark(method: F) -> F:
        return asks(body=body, query=query)(describe(method))

    return mark
