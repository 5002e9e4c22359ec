"""Recording of live rooms (spec: "Video Conferencing Endpoints")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rest_framework.response import Response

from meet.errors import AppError
from recording.api import answers
from recording.api.base import TAG
from rooms import protocol
from rooms.api.base import RoomView, operation
from rooms.control.errors import CommandRefused

if TYPE_CHECKING:
    from rest_framework.request import Request

# The room's word for a disk that is full.
_SERVERS_FAULT: Final = "recordingFailed"


class RecordingStart(RoomView):
    """Has a live room recorded."""

    @operation("startRecording", answers.RecordingState, tag=TAG)
    def post(self, request: Request, **_address: str) -> Response:
        """Start recording a room; everybody in it sees that. 400 if it is being recorded already."""
        self.act(request, protocol.StartRecording())
        return Response(answers.state_of(self.room(request)))

    def handle_exception(self, exc: Exception) -> Response:
        """What the server can't do is no mistake of the caller."""
        if isinstance(exc, CommandRefused) and exc.code == _SERVERS_FAULT:
            exc = AppError(exc.code, exc.message)
        return super().handle_exception(exc)


class RecordingStop(RoomView):
    """Ends a live room's recording."""

    @operation("stopRecording", answers.RecordingState, tag=TAG)
    def post(self, request: Request, **_address: str) -> Response:
        """Stop recording a room; the video is made now. 400 if it is not being recorded."""
        self.act(request, protocol.StopRecording())
        return Response(answers.state_of(self.room(request)))


class RecordingStatus(RoomView):
    """Whether a live room is being recorded."""

    @operation("recordingStatus", answers.RecordingState, tag=TAG)
    def get(self, request: Request, **_address: str) -> Response:
        """Tell whether a room is being recorded, and since when."""
        return Response(answers.state_of(self.room(request)))
