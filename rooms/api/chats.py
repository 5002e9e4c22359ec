"""The Server API clears chats (spec: `chat/clear-rooms`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.response import Response

from meet.accounts.hosts import account_for
from meet.errors import BadRequest, NotFoundError
from rooms.api import answers, bodies
from rooms.api.base import LiveView, check_id, operation
from rooms.control.client import act
from rooms.control.errors import NoSuchRoom
from rooms.protocol import ClearChat

if TYPE_CHECKING:
    from rest_framework.request import Request

    from meet.accounts.models import Account


class ClearRooms(LiveView):
    """Clears the chat of several rooms, whose people go on."""

    @operation(
        "clearRooms",
        answers.Deleted,
        body=bodies.ClearRoomsBody,
        tag="Chat",
        errors={404: "An id is none that a room can have."},
    )
    def post(self, request: Request) -> Response:
        """Clear the chat of rooms, for everybody. Those that are live are in the answer; others have no chat."""
        account = self.account(request)
        asked = bodies.read(bodies.ClearRoomsBody, request.data)
        check_host(asked["hostname"], account)
        room_ids = list(dict.fromkeys(room["roomId"] for room in asked["rooms"]))
        for room_id in room_ids:
            check_id(room_id)
        deleted = [room_id for room_id in room_ids if do_clear(account, room_id)]
        return Response({"deleted": deleted})


def check_host(host: str, account: Account) -> None:
    """Raise `BadRequest` unless the host name leads to this account."""
    try:
        found: Account | None = account_for(host)
    except NotFoundError:
        found = None
    if found != account:
        raise BadRequest(
            "hostnameUnknown", "This host name is not one of your account's.", hint="Add it to the account's domains."
        )


def do_clear(account: Account, room_id: str) -> bool:
    """Forget what was written in a room. False if it isn't live, and so has no chat."""
    try:
        act(account, room_id, ClearChat())
    except NoSuchRoom:
        return False
    return True
