"""Each reason why somebody may not enter, with its status, code and words.

Source: the tutorial's table of codes in "Authentication of Participants and Access Limitation", and "Limitations when
using JWT". The words are English; `static/src/i18n/denial/` has them in the other languages too.
"""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Final

from meet.errors import AppError

# A room that opens some time, and a moment when too many enter at once.
RETRY_EARLY_S: Final = 30
RETRY_BUSY_S: Final = 5
NEW_LINK: Final = "Ask whoever invited you for a new link."


@dataclass(frozen=True)
class Words:
    """`retry_s` is when the page tries again by itself; 0 where that makes no sense."""

    status: int
    title: str
    message: str
    hint: str = ""
    retry_s: int = 0


class Denial(enum.Enum):
    """The reasons, by code."""

    NO_TOKEN = "accessDenied"  # noqa: S105 - no password, as below
    TOKEN_OVER = "tokenOver"  # noqa: S105
    TOO_EARLY = "tooEarly"
    BAD_REQUEST = "accessBadRequest"
    DECLINED = "accessDeclined"
    INVALID_TOKEN = "accessInvalidToken"  # noqa: S105
    INVALID_ROOM = "accessInvalidRoom"
    LOCKED = "accessLocked"
    CHECK_FAILED = "accessCheckFailed"
    BUSY = "accessBusy"


WORDS: Final = {
    Denial.NO_TOKEN: Words(403, "Access denied", "This room opens with a signed link only.", NEW_LINK),
    Denial.TOKEN_OVER: Words(403, "This link is over", "It could be used for a limited time, which is over.", NEW_LINK),
    Denial.TOO_EARLY: Words(
        425, "You are early", "The event has not started yet.", "This page lets you in by itself.", RETRY_EARLY_S
    ),
    Denial.BAD_REQUEST: Words(400, "This link doesn't work", "Token, roomId or peerId not found.", NEW_LINK),
    Denial.DECLINED: Words(
        401, "Access declined", "You are not allowed to join this room.", "Ask whoever invited you to let you in."
    ),
    Denial.INVALID_TOKEN: Words(403, "This link is not valid", "Invalid token.", NEW_LINK),
    Denial.INVALID_ROOM: Words(404, "There is no such room", "Invalid room ID.", NEW_LINK),
    Denial.LOCKED: Words(423, "This room is closed", "Nobody can enter at the moment."),
    Denial.CHECK_FAILED: Words(
        500, "Server connection error", "We could not find out whether you may enter.", "Try again in a moment."
    ),
    Denial.BUSY: Words(
        503,
        "Many people are entering",
        "We could not find out yet whether you may enter.",
        "This page tries again by itself.",
        RETRY_BUSY_S,
    ),
}


class Denied(AppError):
    """Somebody may not enter. `reason` is the account's own, for people; `start_ms` is when the event starts."""

    def __init__(self, denial: Denial, *, start_ms: int | None = None, reason: str = "") -> None:
        words = WORDS[denial]
        message = words.message if start_ms is None else f"{words.message} Start {_utc(start_ms)}."
        data = {"startTime": start_ms, "retryAfter": words.retry_s}
        super().__init__(
            denial.value,
            reason or message,
            hint=words.hint,
            data={name: value for name, value in data.items() if value},
        )
        self.status = words.status
        self.denial = denial
        self.title = words.title
        self.start_ms = start_ms
        self.reason = reason
        self.retry_s = words.retry_s


def _utc(moment_ms: int) -> str:
    """ISO 8601, as the tutorial writes a start time; just the number beyond the year 9999."""
    try:
        return dt.datetime.fromtimestamp(moment_ms // 1000, dt.UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return str(moment_ms)
