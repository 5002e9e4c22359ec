"""Why the signalling refuses or closes something, and what that is on the wire.

Refused     a request that is answered with an error; the socket stays open
CloseCode   WebSocket close codes (RFC 6455 section 7.4; 4000 to 4999 are ours)
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Final

from media.errors import MediaError
from rooms.protocol import ErrorInfo

if TYPE_CHECKING:
    from rooms.protocol import ErrorCode


class Refused(Exception):
    """A request was refused; `code` is stable, the message is a full sentence for people."""

    def __init__(self, code: ErrorCode, message: str, **data: Any) -> None:
        super().__init__(message)
        self.info = ErrorInfo(code, message, data)


class CloseCode(enum.IntEnum):
    """Why a socket is closed. autobahn, under daphne, sends 1000 and 3000 to 4999 only: no 1001 for going away."""

    NORMAL = 1000
    GOING_AWAY = 4001
    WRONG_SUBPROTOCOL = 4400
    JOIN_TIMEOUT = 4408
    REPLACED = 4409
    SILENT = 4410
    KICKED = 4411
    ENDED = 4412
    TOO_MUCH = 4429
    TOO_SLOW = 4430
    INTERNAL = 4500


# Which close code follows a `closing` notification with this error code.
CLOSE_CODES: Final[dict[ErrorCode, CloseCode]] = {
    "peerReplaced": CloseCode.REPLACED,
    "kicked": CloseCode.KICKED,
    "meetingEnded": CloseCode.ENDED,
    "serverClosing": CloseCode.GOING_AWAY,
    "tooManyRequests": CloseCode.TOO_MUCH,
    "internalError": CloseCode.INTERNAL,
}

# Codes of `media.errors` that clients know.
_MEDIA_CODES: Final[dict[str, ErrorCode]] = {
    "invalidData": "invalidData",
    "unsupportedCodec": "unsupportedCodec",
    "notAllowed": "notAllowed",
    "notFound": "notFound",
}


def refusal_of(error: Exception) -> Refused:
    """Any exception as what a client is answered with."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, MediaError):
        return Refused(_MEDIA_CODES.get(error.code, "internalError"), str(error))
    return Refused("internalError", "The server could not do that. Please try again.")
