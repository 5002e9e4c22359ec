"""The Server API tells, exports and erases what is kept of a person."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

from django.http import FileResponse
from django.urls import path
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from meet.accounts.audit import Actor
from meet.accounts.personal import Person
from meet.api.asked import asks
from meet.api.schema import ErrorSerializer
from meet.api.views import ServerView
from meet.client_address import client_address
from meet.privacy.persons import IN_MEMORY, MAX_ASKED, MAX_ID, REMAINS, erase, export, look_up

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from django.http import HttpResponseBase
    from django.urls import URLPattern
    from rest_framework.request import Request

    from meet.privacy.persons import Holdings

    F = TypeVar("F", bound=Callable[..., Any])

UNKNOWN = OpenApiResponse(ErrorSerializer, "Nothing is kept of a person with this id.")
TOO_MUCH = OpenApiResponse(ErrorSerializer, "More is kept of the person than fits into one answer.")
BUSY = OpenApiResponse(ErrorSerializer, "The person is in a room at the moment: nothing was erased.")


class PersonQuery(serializers.Serializer[Any]):
    """Whom it is about."""

    peerId = serializers.CharField(  # noqa: N815 - as it is called on the wire
        max_length=MAX_ID, trim_whitespace=False, help_text="The participant's id, as sessions and events have it."
    )


class PersonAnswer(serializers.Serializer[Any]):
    """How much is kept, or was."""

    peerId = serializers.CharField()  # noqa: N815 - as above
    kept = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="How many sessions, samples, videos, tracks and deliveries there are, or were until now.",
    )
    unfinished = serializers.IntegerField(
        help_text="Recordings of their rooms that are not videos yet, and will name them: erase once more then."
    )
    remains = serializers.ListField(child=serializers.CharField(), help_text="What erasing does not reach.")


def _operation(name: str, responses: dict[Any, Any]) -> Callable[[F], F]:
    describe = extend_schema(operation_id=name, parameters=[PersonQuery], responses=responses, tags=["Persons"])

    def mark(method: F) -> F:
        return asks(query=PersonQuery)(describe(method))

    return mark


class PersonView(ServerView):
    """What is kept of somebody with an id in the account's rooms. For the account's owners and admins."""

    changing = frozenset()  # erasing keeps by itself that it was done, and not whose data it was

    @_operation("getPerson", {200: PersonAnswer, 404: UNKNOWN})
    def get(self, request: Request) -> Response:
        """Tell how much is kept of a person, which is what erasing would erase."""
        person = self._person(request)
        return _answer(person, look_up(person))

    @_operation("erasePerson", {200: PersonAnswer, 404: UNKNOWN, 409: BUSY})
    def delete(self, request: Request) -> Response:
        """Erase what is kept of a person. It can't be brought back."""
        person = self._person(request)
        actor = Actor(request.user.get_username() or "the Server API", client_address(request))
        return _answer(person, erase(person, actor, timezone.now()))

    def _person(self, request: Request) -> Person:
        asked = PersonQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return Person(self.account(request), asked.validated_data["peerId"])


class PersonExport(PersonView):
    """The same, all of it."""

    http_method_names = ("get", "head")

    @_operation("exportPerson", {(200, "application/zip"): OpenApiTypes.BINARY, 404: UNKNOWN, 413: TOO_MUCH})
    def get(self, request: Request) -> HttpResponseBase:  # type: ignore[override]  # a file
        """Get all that is kept of a person, as a ZIP file with JSON and CSV."""
        file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the answer closes it
        export(self._person(request), file, MAX_ASKED)
        file.seek(0)
        return FileResponse(file, as_attachment=True, filename="person.zip", content_type="application/zip")


def _answer(person: Person, holdings: Holdings) -> Response:
    return Response(
        PersonAnswer(
            {
                "peerId": person.peer_id,
                "kept": holdings.counts,
                "unfinished": holdings.unfinished,
                "remains": list(REMAINS),
            }
        ).data
    )


urlpatterns: list[URLPattern] = [
    path("persons/export", PersonExport.as_view(), name="person-export"),
    path("persons/export/", PersonExport.as_view()),
    path("persons", PersonView.as_view(), name="person"),
    path("persons/", PersonView.as_view()),
]
