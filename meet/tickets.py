"""What `web` tells a node, signed, so that the node needs no database: tickets, and which pages are ours."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from django.core import signing

from meet.errors import AppError

SALT: Final = "meet.tickets"
PAGE_SALT: Final = "meet.pages"
LIFETIME_S: Final = 600

TicketErrorCode = Literal["ticketInvalid", "ticketExpired", "wrongNode"]


class TicketError(AppError):
    """A ticket that does not open this door; `code` is what signalling answers with."""

    status = 403

    code: TicketErrorCode

    def __init__(self, code: TicketErrorCode, message: str) -> None:
        super().__init__(code, message)


@dataclass(frozen=True)
class Ticket:
    """Who may enter which room on which node, and how they are called there."""

    account_id: int
    room_id: str
    node: str
    peer_id: str
    display_name: str
    name_fixed: bool
    interface: Literal["call", "webinar"] = "call"
    role: Literal["participant", "moderator", "interpreter"] = "participant"
    viewer: bool = False
    hand_enabled: bool = False
    chat_disabled: bool = False
    waiting_room: bool = False
    can_record: bool = False
    recorded: bool = False
    max_broadcasters: int = 0
    max_watchers: int = 0
    video_url: str = ""
    event_url: str = ""
    event_header: str = ""


def sign(ticket: Ticket) -> str:
    """The ticket as text for a client to present; it can be read by everybody and changed by nobody."""
    return signing.dumps(asdict(ticket), salt=SALT, compress=True)


def verify(text: str, *, node: str, max_age_s: int = LIFETIME_S) -> Ticket:
    """Check a presented ticket. Raises `TicketError`: `ticketInvalid`, `ticketExpired` or `wrongNode`."""
    try:
        data: dict[str, Any] = signing.loads(text, salt=SALT, max_age=max_age_s)
        ticket = Ticket(**data)
    except signing.SignatureExpired as error:
        raise TicketError("ticketExpired", "The ticket is too old: ask for a new one.") from error
    except (signing.BadSignature, TypeError, ValueError) as error:
        raise TicketError("ticketInvalid", "The ticket is not valid here.") from error
    if ticket.node != node:
        raise TicketError("wrongNode", f"The room lives on {ticket.node}, this is {node}.")
    return ticket


def vouch_for(host: str) -> str:
    """A host name of our pages, as text for the page to show to a node; always the same."""
    return signing.Signer(salt=PAGE_SALT).sign(host)


def vouched_host(text: str) -> str | None:
    """The host name that was vouched for, else None."""
    try:
        return signing.Signer(salt=PAGE_SALT).unsign(text)
    except signing.BadSignature:
        return None
