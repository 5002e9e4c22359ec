"""What the Server API is asked about live rooms (spec: "Video Conferencing Endpoints")."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from django.urls import reverse
from rest_framework.response import Response

from meet.errors import BadRequest
from rooms.api import answers, bodies
from rooms.api.base import LiveView, RoomView, operation
from rooms.control.client import live_rooms

if TYPE_CHECKING:
    from rest_framework.request import Request

# Since when `existingPeer` with a body is deprecated, as RFC 9745 writes it: Unix time in seconds.
DEPRECATED_SINCE: Final = "@1795564800"


class RoomList(LiveView):
    """The account's live rooms."""

    @operation("listRooms", answers.Rooms, query=bodies.PageQuery)
    def get(self, request: Request) -> Response:
        """List the rooms in which somebody is at the moment, or waits in the waiting room; the oldest first."""
        page = bodies.read(bodies.PageQuery, request.query_params)
        first, last = page["offset"], page["offset"] + page["limit"]
        survey = live_rooms(self.account(request))
        found = {"count": len(survey.rooms), "rooms": survey.rooms[first:last], "silentNodes": survey.silent_nodes}
        return Response(answers.Rooms(found).data)


class RoomDetail(RoomView):
    """Everything about a live room."""

    @operation("getRoom", answers.Room)
    def get(self, request: Request, **_address: str) -> Response:
        """Tell everything about a room: its state, who is in and sends what, and who waits in the waiting room."""
        return Response(answers.Room(self.room(request)).data)


class RoomPeers(RoomView):
    """Who is in a live room."""

    @operation("listPeers", answers.Peers)
    def get(self, request: Request, **_address: str) -> Response:
        """List who is in a room, and what they send."""
        return Response(answers.Peers(self.room(request)).data)


class DurationOfBroadcast(RoomView):
    """How long a live room has been there."""

    @operation("durationOfBroadcast", answers.Duration)
    def get(self, request: Request, **_address: str) -> Response:
        """Tell for how many seconds a room has been there."""
        return Response({"duration": answers.duration_s(self.room(request), int(time.time() * 1000))})


class RoomExists(RoomView):
    """Whether a room is live."""

    @operation("exists", answers.Exists)
    def get(self, request: Request, **_address: str) -> Response:
        """Tell whether anybody is in a room, or waits in its waiting room: 200 if so, 400 if not."""
        self.room(request)
        return Response({"exists": True})


class NumberPeers(RoomView):
    """How many are in a live room."""

    @operation("numberPeers", answers.NumberPeers)
    def get(self, request: Request, **_address: str) -> Response:
        """Tell how many are in a room, viewers included; those in the waiting room are not in."""
        return Response({"numberPeers": len(self.room(request).peers)})


class ExistingPeer(RoomView):
    """Whether somebody is in a live room."""

    @operation("existingPeer", answers.Exists)
    def get(self, request: Request, peer_id: str, **_address: str) -> Response:
        """Tell whether somebody is in a room: 200 if so, 400 if not."""
        return self.tell(request, peer_id)

    def tell(self, request: Request, peer_id: str) -> Response:
        """The answer. Raises `BadRequest` if they are not in."""
        if all(peer.peer_id != peer_id for peer in self.room(request).peers):
            raise BadRequest("peerNotFound", "There is no such participant in this room.")
        return Response({"exists": True})


class ExistingPeerByBody(ExistingPeer):
    """Whether a participant is in a room, asked as before there was an address for it (RFC 9745, RFC 5829)."""

    http_method_names = ("post",)
    changing = frozenset()  # it only asks

    @property
    def default_response_headers(self) -> dict[str, str]:
        """What each answer has."""
        return {**super().default_response_headers, "Deprecation": DEPRECATED_SINCE}

    @operation(
        "existingPeerByBody",
        answers.Exists,
        body=bodies.PeerBodyOrQuery,
        query=bodies.PeerBodyOrQuery,
        deprecated=True,
    )
    def post(self, request: Request, room_id: str) -> Response:
        """Use `GET …/existingPeer/{peerId}`, which answers the same."""
        peer_id = bodies.peer_id_of(request)
        answer = self.tell(request, peer_id)
        answer.headers["Link"] = f'<{reverse("existing-peer", args=(room_id, peer_id))}>; rel="successor-version"'
        return answer
