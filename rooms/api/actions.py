"""What the Server API does to live rooms (spec: "Video Conferencing Endpoints")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.response import Response

from rooms import protocol
from rooms.api import answers, bodies
from rooms.api.base import RoomView, operation

if TYPE_CHECKING:
    from rest_framework.request import Request


class ClosePeer(RoomView):
    """Removes somebody."""

    @operation("closePeer", answers.Closed, body=bodies.RemovalBodyOrQuery, query=bodies.RemovalBodyOrQuery)
    def post(self, request: Request, **_address: str) -> Response:
        """Remove somebody from a room, or from its waiting room. They may come again, unless they are banned."""
        peer_id, ban = bodies.removal_of(request)
        self.act(request, protocol.Kick(peer_id) if ban else protocol.RemovePeer(peer_id))
        return Response({"closed": True})


class LetBack(RoomView):
    """Ends a ban."""

    @operation("letBack", answers.LetBack, body=bodies.PeerBody)
    def post(self, request: Request, **_address: str) -> Response:
        """Let somebody come back who was banned, by `closePeer` or by a moderator."""
        self.act(request, protocol.LetBack(bodies.peer_id_of(request)))
        return Response({"letBack": True})


class CloseRoom(RoomView):
    """Ends a meeting. The spec has it as GET, which HEAD must not imitate."""

    http_method_names = ("get", "post")
    changing = frozenset({"get", "post"})

    @operation("closeRoomByGet", answers.Closed)
    def get(self, request: Request, **_address: str) -> Response:
        """End the meeting: the same as POST, for callers that know this way only."""
        self.act(request, protocol.EndMeeting())
        return Response({"closed": True})

    @operation("closeRoom", answers.Closed)
    def post(self, request: Request, **_address: str) -> Response:
        """End the meeting: everybody is sent away, and nothing of the room is kept."""
        return self.get(request)


class Mute(RoomView):
    """Turns microphones or cameras off, or ends shared screens."""

    @operation("mute", answers.Muted, body=bodies.MuteBody)
    def post(self, request: Request, **_address: str) -> Response:
        """Turn somebody's microphone or camera off or end their shared screen, or everybody's."""
        asked = bodies.read(bodies.MuteBody, request.data)
        peer_id, device = asked["peerId"], asked["device"]
        self.act(request, protocol.StopAllTracks(device) if peer_id is None else protocol.StopTrack(peer_id, device))
        return Response({"muted": True})


class Admit(RoomView):
    """Lets those in who wait, or turns them away."""

    @operation("admit", answers.Admitted, body=bodies.AdmitBody)
    def post(self, request: Request, **_address: str) -> Response:
        """Let somebody in who waits in the waiting room, or turn them away; or all who wait."""
        asked = bodies.read(bodies.AdmitBody, request.data)
        peer_id, admitted = asked["peerId"], asked["admitted"]
        if asked["everybody"]:
            self.act(request, protocol.AdmitAll(admitted=admitted))
        else:
            self.act(request, protocol.Admit(peer_id, admitted=admitted))
        return Response({"admitted": admitted})


class Lock(RoomView):
    """Locks a room against newcomers, or unlocks it."""

    @operation("lock", answers.Locked, body=bodies.LockBody)
    def post(self, request: Request, **_address: str) -> Response:
        """Lock a room: nobody new comes in. Or open it again."""
        locked = bodies.read(bodies.LockBody, request.data)["locked"]
        self.act(request, protocol.SetLocked(locked=locked))
        return Response({"locked": locked})


class VideoStop(RoomView):
    """Takes the player away that everybody watches together."""

    @operation("stopVideo", answers.VideoStopped)
    def post(self, request: Request, **_address: str) -> Response:
        """Stop the video that everybody watches together. It doesn't come back by itself."""
        self.act(request, protocol.StopVideo())
        return Response({"stopped": True})
