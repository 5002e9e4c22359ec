"""`/streaming/statistics/`: who was in a room, in sum and one by one (spec: "Statistics"), and how good it was."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.response import Response

from meet.api.asked import asks
from meet.api.errors import body_of
from meet.api.throttling import count_download
from meet.api.views import ServerView
from meet.errors import NotFoundError
from stats.answers import (
    DownloadAnswer,
    ListAnswer,
    ListQuestion,
    NoAnswer,
    Question,
    SamplesAnswer,
    SamplesQuestion,
    SummaryAnswer,
)
from stats.meetings import Meeting, download, file_name, row_of
from stats.queries import stays, summary

if TYPE_CHECKING:
    from rest_framework.request import Request

    from meet.errors import AppError
    from stats.queries import Stay

_NO_DATA = OpenApiResponse(NoAnswer, "There is no data for the room in the period, or no such room.")
_LINK = OpenApiParameter(
    "Link",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description='The next part of a list that is longer than `limit`, as `<address>; rel="next"` (RFC 8288).',
    response=[200],
)


class StatisticsView(ServerView):
    """Errors have the same two parts as answers."""

    error_serializer = NoAnswer

    def error_body(self, error: AppError) -> Any:
        """Nothing, and why."""
        return {"data": None, "errors": [body_of(error)["error"]]}


class SummaryView(StatisticsView):
    """A room in sum."""

    @asks(query=Question)
    @extend_schema(
        operation_id="statisticsSummary",
        parameters=[Question],
        responses={200: SummaryAnswer, 404: _NO_DATA},
        tags=["Statistics"],
    )
    def get(self, request: Request) -> Response:
        """How many different people were in a room, from when to when, and for how long somebody was there."""
        asked = _asked(Question, request)
        found = summary(self.account(request), asked["room_id"], asked["period"])
        if found is None:
            raise _no_data()
        return Response({"data": asdict(found), "errors": []})


class ListView(StatisticsView):
    """The sessions in a room."""

    @asks(query=ListQuestion)
    @extend_schema(
        operation_id="statisticsList",
        parameters=[ListQuestion, _LINK],
        responses={200: ListAnswer, 404: _NO_DATA},
        tags=["Statistics"],
    )
    def get(self, request: Request) -> Response:
        """Each session in a room, person by person. Who went and came again has two."""
        asked = _asked(ListQuestion, request)
        room = (self.account(request), asked["room_id"], asked["period"])
        limit, offset = asked["limit"], asked["offset"]
        found = stays(*room, offset=offset, limit=limit + 1)
        if not found and (offset == 0 or not stays(*room, offset=0, limit=1)):
            raise _no_data()
        answer = Response({"data": [_row(stay) for stay in found[:limit]], "errors": []})
        if len(found) > limit:
            answer["Link"] = f'<{_address(request, limit=limit, offset=offset + limit)}>; rel="next"'
        return answer


class SamplesView(StatisticsView):
    """How good the connections in a room were."""

    @asks(query=SamplesQuestion)
    @extend_schema(
        operation_id="statisticsSamples",
        parameters=[SamplesQuestion, _LINK],
        responses={200: SamplesAnswer, 404: _NO_DATA},
        tags=["Statistics"],
    )
    def get(self, request: Request) -> Response:
        """Samples of each participant's connection, every 30 seconds and for both directions, in the order of time.

        Of those who only watch there are samples where something was wrong, and one of all together.
        """
        asked = _asked(SamplesQuestion, request)
        limit, offset = asked["limit"], asked["offset"]
        samples = self._meeting(request, asked).samples()
        found = list(samples[offset : offset + limit + 1])
        if not found and (offset == 0 or not samples.exists()):
            raise _no_data()
        answer = Response({"data": [row_of(sample) for sample in found[:limit]], "errors": []})
        if len(found) > limit:
            answer["Link"] = f'<{_address(request, limit=limit, offset=offset + limit)}>; rel="next"'
        return answer

    def _meeting(self, request: Request, asked: dict[str, Any]) -> Meeting:
        period = asked["period"]
        return Meeting(self.account(request), asked["room_id"], period.started_at, period.ended_at)


class DownloadView(SamplesView):
    """The same in one file."""

    @asks(query=Question)
    @extend_schema(
        operation_id="statisticsDownload",
        parameters=[Question],
        responses={200: DownloadAnswer, 404: _NO_DATA},
        tags=["Statistics"],
    )
    def get(self, request: Request) -> Response:
        """All samples of a meeting in one file, with the names of participants and what was wrong when."""
        asked = _asked(Question, request)
        count_download(self.account(request), timezone.now())
        found = download(self._meeting(request, asked))
        if not found["samples"]:
            raise _no_data()
        answer = Response({"data": found, "errors": []})
        answer["Content-Disposition"] = f'attachment; filename="{file_name(asked["room_id"], found["start_time"])}"'
        return answer


def _asked(question: type[Question], request: Request) -> dict[str, Any]:
    given = question(data=request.query_params)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def _row(stay: Stay) -> dict[str, Any]:
    return {**asdict(stay), "duration": stay.duration}


def _address(request: Request, **parameters: int) -> str:
    """The address that was asked for, with other parameters."""
    query = request.query_params.copy()
    for name, value in parameters.items():
        query[name] = str(value)
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def _no_data() -> NotFoundError:
    return NotFoundError("noStatistics", "There is no data for this room in this period.")
