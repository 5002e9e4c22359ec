"""Frames around messages, and the codes of refusals."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from rooms.protocol.requests import RESPONSES
from rooms.protocol.shapes import Id, Message, RequestId

ErrorCode = Literal[
    "malformedMessage",
    "unknownMethod",
    "invalidData",
    "notJoined",
    "alreadyJoined",
    "ticketInvalid",
    "ticketExpired",
    "wrongNode",
    "notFound",
    "notAllowed",
    "unsupportedCodec",
    "nameFixed",
    "nameInvalid",
    "notModerator",
    "notAdmitted",
    "kicked",
    "meetingEnded",
    "roomFull",
    "roomLocked",
    "tooManyBroadcasters",
    "chatDisabled",
    "handDisabled",
    "alreadyRecording",
    "notRecording",
    "recordingFailed",
    "tooManyRequests",
    "serverClosing",
    "peerReplaced",
    "peerIdTaken",
    "internalError",
]


class ErrorInfo(Message):
    """Why a request was refused; `message` is a full sentence for people."""

    code: ErrorCode
    message: str
    data: dict[str, Any] = msgspec.field(default_factory=dict)


class Request(Message):
    """A request's envelope; `data` stays raw until its method is known."""

    id: RequestId
    method: Id
    data: msgspec.Raw = msgspec.Raw(b"{}")


class Response(Message):
    """A successful answer's envelope."""

    id: int
    data: Message
    ok: bool = True


class Refusal(Message):
    """A refused request's envelope; `id` is null where the request had none that could be read."""

    id: int | None
    error: ErrorInfo
    ok: bool = False


class Notification(Message):
    """An event's envelope."""

    event: str
    data: Message


def wire_name(message: type[Message]) -> str:
    """The name of a request's method or of a notification's event: the class's name in camelCase."""
    name = message.__name__
    return name[0].lower() + name[1:]


REQUESTS: dict[str, type[Message]] = {wire_name(request): request for request in RESPONSES}
