"""What the end of a connection means, and how long to try again: the policy of the browser's client. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meet_participant.errors import MeetingOver, ParticipantError, RequestRefused, TicketRefused
from meet_participant.events import Ended

if TYPE_CHECKING:
    from meet_participant.events import EndReason
    from meet_participant.signalling import Closed

# A first entry is given up after so long, a lost connection after the second.
ENTRY_WINDOW_S: Final = 20.0
RECONNECT_WINDOW_S: Final = 120.0
FIRST_DELAY_S: Final = 0.3
LONGEST_DELAY_S: Final = 5.0
# A node that refuses so many tickets in a row will refuse the next one, too.
MAX_REFUSALS: Final = 5
# A server that is busy is asked once more, as the next ticket may be for another node.
MAX_BUSY_REFUSALS: Final = 2

LEFT: Final = Ended("left", "left", "The participant has left.", can_join_again=True)
LOST: Final = Ended("lost", "connectionLost", "The connection to the meeting was lost.", can_join_again=True)
CURABLE_BY_TICKET: Final = frozenset({"ticketExpired", "ticketInvalid", "wrongNode", "serverBusy"})
PASSING: Final = frozenset({"serverClosing", "internalError"})
# WebSocket close codes after which trying again would end the same way.
_FINAL: Final = {
    4400: ("outdatedClient", "The server speaks another version of the protocol."),
    4409: ("peerReplaced", "Someone joined into the room with your ID"),
    4411: ("kicked", "You were removed from this meeting."),
    4412: ("meetingEnded", "The meeting has ended."),
    4429: ("tooManyRequests", "Too many requests."),
}
_REASONS: Final[dict[str, EndReason]] = {
    "kicked": "removed",
    "meetingEnded": "ended",
    "peerReplaced": "replaced",
    "connectionLost": "lost",
    "serverClosing": "lost",
    "internalError": "lost",
}
# Refusals that pass: another try may succeed.
MAY_PASS: Final = frozenset(
    {
        "notAdmitted", "serverBusy", "roomFull", "roomLocked", "tooManyRequests", "tooEarly",
        "accessLocked", "accessCheckFailed", "accessBusy", "tokenNotYet", "noNode",
    }
)  # fmt: skip


def ended_by(code: str, message: str) -> Ended:
    """Every code that names no other end is a refusal."""
    reason = _REASONS.get(code, "refused")
    return Ended(reason, code, message, can_join_again=reason == "lost" or code in MAY_PASS)


def after_close(closed: Closed) -> Ended | None:
    """What the end of a connection means for who wants to stay in; None: connect again."""
    if closed.closing is not None:
        code, message = closed.closing["code"], closed.closing["message"]
        return None if code in PASSING else ended_by(code, message)
    final = _FINAL.get(closed.code)
    return None if final is None else ended_by(*final)


def is_curable(error: ParticipantError, refusals: int, *, back: bool = False) -> bool:
    """Whether an attempt to enter that failed so may be repeated, after so many refusals, this one included.

    Who comes `back` after a lost connection is patient with a busy server, for there is a place for them.
    """
    if isinstance(error, (TicketRefused, MeetingOver)):
        return False
    if isinstance(error, RequestRefused):
        most = MAX_BUSY_REFUSALS if error.code == "serverBusy" and not back else MAX_REFUSALS
        return error.code in PASSING or (error.code in CURABLE_BY_TICKET and refusals < most)
    return True


def delay_s(attempt: int, random: float) -> float:
    """The wait before attempt number `attempt` (from 0); `random` from 0 to 1 spreads clients out."""
    longest: float = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2 ** min(attempt, 10))
    return longest * (0.5 + random / 2)
