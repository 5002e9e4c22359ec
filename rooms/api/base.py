"""What all views of live rooms have in common.

Spec: "Common Response Codes". A room or a participant that isn't there is 400, an id that no room can have 404, a node
that doesn't answer 500. Another account's rooms aren't there.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from drf_spectacular.utils import OpenApiResponse, extend_schema

from meet.api.asked import asks
from meet.api.schema import ErrorSerializer
from meet.api.views import ServerView
from meet.errors import AppError, NotFoundError
from rooms.control import client
from rooms.control.errors import NodeUnreachable
from rooms.nodes.placement import ROOM_ID, notice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rest_framework.request import Request
    from rest_framework.response import Response
    from rest_framework.serializers import Serializer

    from rooms.control.shapes import LiveRoom
    from rooms.protocol import Request as RoomRequest

    F = TypeVar("F", bound=Callable[..., Any])


OK: Final = 200
# What is worth knowing about an answer that is none the less right.
NOTICE: Final = "X-Notice"
NO_MORE: Final[Mapping[int, str]] = MappingProxyType({})


class LiveView(ServerView):
    """For the account's owners and admins, and programs with these roles."""

    def handle_exception(self, exc: Exception) -> Response:
        """To callers of the API, a node that doesn't answer is a failure of ours."""
        if isinstance(exc, NodeUnreachable):
            exc = AppError(exc.code, exc.message, hint=exc.hint)
        return super().handle_exception(exc)


class RoomView(LiveView):
    """A view whose address names a room."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse ids that no room can have, once it is known who asks."""
        super().initial(request, *args, **kwargs)
        check_id(kwargs["room_id"])

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Say where a room is if its id names a server that is none."""
        final = super().finalize_response(request, response, *args, **kwargs)
        told = notice(self.account(request), self.kwargs["room_id"]) if final.status_code == OK else ""
        if told:
            final.headers[NOTICE] = told
        return final

    def room(self, request: Request) -> LiveRoom:
        """As it is now. Raises an `AppError`."""
        return client.live_room(self.account(request), self.kwargs["room_id"])

    def act(self, request: Request, asked: RoomRequest) -> None:
        """Have something done. Raises an `AppError`."""
        client.act(self.account(request), self.kwargs["room_id"], asked)


def operation(
    name: str,
    answer: type[Serializer[Any]],
    *,
    body: type[Serializer[Any]] | None = None,
    query: type[Serializer[Any]] | None = None,
    tag: str = "Rooms",
    deprecated: bool = False,
    errors: Mapping[int, str] = NO_MORE,
) -> Callable[[F], F]:
    """Says what a method reads, and describes it in the schema, beside what its docstring says of it."""
    describe = extend_schema(
        operation_id=name,
        request=body,
        parameters=[] if query is None else [query],
        responses={
            200: answer,
            500: OpenApiResponse(ErrorSerializer, "Server connection error."),
            **{status: OpenApiResponse(ErrorSerializer, text) for status, text in errors.items()},
        },
        tags=[tag],
        deprecated=deprecated,
    )

    def mark(method: F) -> F:
        return asks(body=body, query=query)(describe(method))

    return mark


def check_id(room_id: str) -> None:
    """Raise `NotFoundError` for an id that no room can have."""
    if not ROOM_ID.fullmatch(room_id):
        raise NotFoundError(
            "roomIdInvalid",
            "No room can have this id.",
            hint="Use letters, digits, hyphens and underscores, 128 at most, beginning with a letter or digit.",
        )
