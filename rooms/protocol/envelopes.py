"""The frames around messages, and the codes of refusals."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

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
    "serverBusy",
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


class RequestFrame(Message):
    """A request's envelope; `data` stays raw until its method is known."""

    id: RequestId
    method: Id
    data: msgspec.Raw = msgspec.Raw(b"{}")


class ResponseFrame(Message):
    """A successful answer's envelope."""

    id: int
    data: Message
    ok: bool = True


class RefusalFrame(Message):
    """A refused request's envelope; `id` is null where the request had none that could be read."""

    id: int | None
    error: ErrorInfo
    ok: bool = False


class NotificationFrame(Message):
    """An event's envelope."""

    event: str
    data: Message


class NotificationsFrame(Message):
    """Several events in one frame, in order: in rooms of many, for clients that take them (`Join.gathered`)."""

    events: list[NotificationFrame]
