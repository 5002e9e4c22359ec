"""The rules about who may enter, as functions of what is known. They do no I/O and read no clock."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

from meet.accounts.access.denials import Denial, Denied

if TYPE_CHECKING:
    from meet.accounts.models import Account

# 409 says that the participant is in the room already: the new connection takes over, and the node ends the old one.
ENTER: Final = frozenset({200, 409})
REFUSALS: Final = {
    400: Denial.BAD_REQUEST,
    401: Denial.DECLINED,
    403: Denial.INVALID_TOKEN,
    404: Denial.INVALID_ROOM,
    423: Denial.LOCKED,
    425: Denial.TOO_EARLY,
}
MAX_REASON: Final = 300


@dataclass(frozen=True)
class Applicant:
    """Who wants to enter which room, in the words of their link and token.

    `peer_id` is empty where the link has none. `access_url` and `authorization` are the link's or token's own, empty
    where the account does not allow that.
    """

    room_id: str
    peer_id: str = ""
    moderator: bool = False
    token: str = field(default="", repr=False)
    start_ms: int | None = None
    token_lifetime_ms: int | None = None
    access_token: str = field(default="", repr=False)
    access_url: str = ""
    authorization: str = field(default="", repr=False)


@dataclass(frozen=True)
class Check:
    """A server to be asked. A `registered` one is the account's, the other a link's."""

    url: str
    authorization: str = field(repr=False)
    registered: bool


def refuse_at_once(account: Account, applicant: Applicant, now_ms: int, first_use_ms: int | None) -> None:
    """Raise `Denied` for what shows without asking anybody.

    Moderators don't wait for the start: they have things to prepare.
    """
    if account.jwt_required and not applicant.token:
        raise Denied(Denial.NO_TOKEN)
    if not applicant.moderator and _starts_later(applicant, now_ms):
        raise Denied(Denial.TOO_EARLY, start_ms=applicant.start_ms)
    lifetime_ms = applicant.token_lifetime_ms
    if lifetime_ms is not None and first_use_ms is not None and now_ms - first_use_ms > lifetime_ms:
        raise Denied(Denial.TOKEN_OVER)


def check_for(account: Account, applicant: Applicant) -> Check | None:
    """Who must be asked about somebody; None for nobody.

    A registered check is asked about everybody: who leaves the access token away must not get around it.
    """
    if account.jwt_required:
        return None
    if account.access_url:
        return Check(account.access_url, account.access_header, registered=True)
    if applicant.access_url:
        return Check(applicant.access_url, applicant.authorization, registered=False)
    return None


def obey(status: int, body: bytes, applicant: Applicant, now_ms: int) -> None:
    """Raise `Denied` unless a check's answer says that somebody may enter."""
    if status in ENTER:
        return
    denial = REFUSALS.get(status, Denial.CHECK_FAILED)
    if denial is Denial.LOCKED:
        raise Denied(denial, reason=reason_in(body))
    if denial is Denial.TOO_EARLY and _starts_later(applicant, now_ms):
        raise Denied(denial, start_ms=applicant.start_ms)
    raise Denied(denial)


def reason_in(body: bytes) -> str:
    """The `message` of an answer in JSON: one line of plain text, at most 300 characters, empty where there is none."""
    try:
        answer: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    message = answer.get("message") if isinstance(answer, dict) else None
    return _plain(message) if isinstance(message, str) else ""


def _plain(text: str) -> str:
    """Without line breaks, control characters and what changes the direction of the text around it."""
    # "Cf" has those, and also the joiners that several scripts and emoji need.
    kept = (c if unicodedata.category(c)[0] not in "CZ" or c in "\u200c\u200d" else " " for c in text[: 4 * MAX_REASON])
    found = " ".join("".join(kept).split())
    if len(found) <= MAX_REASON:
        return found
    end = MAX_REASON - 1
    while end and _holds_together(found[end - 1], found[end]):
        end -= 1
    return found[:end].rstrip() + "…"


def _holds_together(before: str, after: str) -> bool:
    """Whether two characters may be seen as one: marks, skin tones, joined emoji, and letters of flags.

    Rather too often than too seldom (UAX #29 counts the letters of flags in pairs).
    """
    extends = unicodedata.category(after) in {"Mn", "Me", "Mc", "Sk", "Cf"}
    return extends or before == "\u200d" or all("\U0001f1e6" <= one <= "\U0001f1ff" for one in (before, after))


def _starts_later(applicant: Applicant, now_ms: int) -> bool:
    return applicant.start_ms is not None and applicant.start_ms > now_ms
