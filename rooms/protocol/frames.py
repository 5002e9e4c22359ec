"""Frames to messages and back. Whatever a client sends comes out as a request or as a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from rooms.protocol import REQUESTS, NotificationFrame, RefusalFrame, RequestFrame, ResponseFrame, wire_name
from rooms.protocol.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rooms.protocol import ErrorCode, Message, Request

# A `join` carries a ticket and all capabilities of a browser (10 KiB with Chromium); nothing else comes near.
MAX_JOIN_CHARACTERS: Final = 64 * 1024
MAX_FRAME_CHARACTERS: Final = 16 * 1024
MAX_TEXT_LENGTH: Final = 8 * 1024
MAX_DEPTH: Final = 10
# What a double holds exactly, and so what JavaScript can read (RFC 8259 section 6).
MAX_INTEGER: Final = 2**53
MAX_PROBLEM_LENGTH: Final = 200

_encoder: Final = msgspec.json.Encoder()
_envelope: Final = msgspec.json.Decoder(RequestFrame)
_anything: Final = msgspec.json.Decoder()
_payloads: Final = {method: msgspec.json.Decoder(message) for method, message in REQUESTS.items()}


class BadFrame(Exception):
    """A frame that is no valid request: the refusal to answer with."""

    def __init__(self, request_id: int | None, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.refusal = RefusalFrame(request_id, Refused(code, message).info)


def decode_request(text: str | None) -> tuple[int, Request]:
    """A request's id and data. Raises `BadFrame`; `text` is None for a binary frame."""
    if text is None:
        raise BadFrame(None, "malformedMessage", "Frames must be JSON text, not binary.")
    if len(text) > MAX_JOIN_CHARACTERS:
        raise BadFrame(None, "malformedMessage", f"A frame may have {MAX_JOIN_CHARACTERS} characters at most.")
    try:
        request = _envelope.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        raise BadFrame(None, "malformedMessage", f"The frame is no request: {_problem(error)}.") from error
    decoder = _payloads.get(request.method)
    if decoder is None:
        raise BadFrame(request.id, "unknownMethod", f"There is no method {request.method!r}.")
    if len(text) > MAX_FRAME_CHARACTERS and request.method != "join":
        problem = f"A request of {request.method} may have {MAX_FRAME_CHARACTERS} characters at most."
        raise BadFrame(request.id, "invalidData", problem)
    try:
        data = decoder.decode(request.data)
        _check_bounds(_anything.decode(request.data))
    except (msgspec.DecodeError, RecursionError) as error:
        problem = f"The data of {request.method} is not valid: {_problem(error)}."
        raise BadFrame(request.id, "invalidData", problem) from error
    return request.id, data


def encode_response(request_id: int, data: Message) -> str:
    """The frame of a successful answer."""
    return _text(ResponseFrame(request_id, data))


def encode_refusal(request_id: int | None, refused: Refused) -> str:
    """The frame of a refusal."""
    return _text(RefusalFrame(request_id, refused.info))


def encode_bad_frame(bad: BadFrame) -> str:
    """The frame that answers a bad one."""
    return _text(bad.refusal)


def encode_notification(data: Message) -> str:
    """The frame of an event."""
    return _text(NotificationFrame(wire_name(type(data)), data))


def gather(notifications: Sequence[str]) -> Sequence[str]:
    """One frame with several events, given as their frames (`NotificationsFrame`); no frame for none."""
    return notifications if len(notifications) < 2 else [f'{{"events":[{",".join(notifications)}]}}']


def _check_bounds(data: Any, depth: int = 1) -> None:
    """Raise `ValidationError` for what fits its type, and is absurd all the same."""
    if isinstance(data, (dict, list)):
        if depth > MAX_DEPTH:
            raise msgspec.ValidationError(f"Nested deeper than {MAX_DEPTH} levels")
        if isinstance(data, dict):
            for name in data:
                _check_bounds(name)
        for value in data.values() if isinstance(data, dict) else data:
            _check_bounds(value, depth + 1)
    elif isinstance(data, str):
        if len(data) > MAX_TEXT_LENGTH:
            raise msgspec.ValidationError(f"Text longer than {MAX_TEXT_LENGTH} characters")
    elif isinstance(data, int) and not -MAX_INTEGER <= data <= MAX_INTEGER:
        raise msgspec.ValidationError("Integer beyond 2^53")


def _problem(error: Exception) -> str:
    """What is wrong, short: msgspec quotes what it was given, however long."""
    return str(error)[:MAX_PROBLEM_LENGTH]


def _text(message: Message) -> str:
    return _encoder.encode(message).decode()
