"""Frames to messages and back. Whatever a client sends comes out as a request or as a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rooms.errors import Refused
from rooms.protocol import REQUESTS, Notification, Refusal, Request, Response, wire_name

if TYPE_CHECKING:
    from rooms.protocol import Message

MAX_FRAME_BYTES: Final = 256 * 1024

_encoder: Final = msgspec.json.Encoder()
_envelope: Final = msgspec.json.Decoder(Request)
_payloads: Final = {method: msgspec.json.Decoder(message) for method, message in REQUESTS.items()}


class BadFrame(Exception):  # noqa: N818 - it is an answer, not a failure
    """A frame that is no valid request: the refusal to answer with."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.error.message)
        self.refusal = refusal


def decode_request(text: str | None) -> tuple[int, Message]:
    """A request's id and data. Raises `BadFrame`; `text` is None for a binary frame."""
    if text is None:
        raise BadFrame(_refusal(None, Refused("malformedMessage", "Frames must be JSON text, not binary.")))
    if len(text) > MAX_FRAME_BYTES:
        problem = Refused("malformedMessage", f"A frame may have {MAX_FRAME_BYTES} characters at most.")
        raise BadFrame(_refusal(None, problem))
    try:
        request = _envelope.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        problem = Refused("malformedMessage", f"The frame is no request: {error}.")
        raise BadFrame(_refusal(None, problem)) from error
    decoder = _payloads.get(request.method)
    if decoder is None:
        problem = Refused("unknownMethod", f"There is no method {request.method[:64]!r}.")
        raise BadFrame(_refusal(request.id, problem))
    try:
        return request.id, decoder.decode(request.data)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        problem = Refused("invalidData", f"The data of {request.method} is not valid: {error}.")
        raise BadFrame(_refusal(request.id, problem)) from error


def encode_response(request_id: int, data: Message) -> str:
    """The frame of a successful answer."""
    return _text(Response(request_id, data))


def encode_refusal(request_id: int | None, refused: Refused) -> str:
    """The frame of a refusal."""
    return _text(_refusal(request_id, refused))


def encode_bad_frame(bad: BadFrame) -> str:
    """The frame that answers a bad one."""
    return _text(bad.refusal)


def encode_notification(data: Message) -> str:
    """The frame of an event."""
    return _text(Notification(wire_name(type(data)), data))


def _refusal(request_id: int | None, refused: Refused) -> Refusal:
    return Refusal(request_id, refused.info)


def _text(message: Message) -> str:
    return _encoder.encode(message).decode()
