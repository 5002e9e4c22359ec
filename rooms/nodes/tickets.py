"""What `web` tells a node, signed, so that the node needs no database: tickets, and which pages are ours."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from django.core import signing

from meet.errors import AppError
from rooms.state.ticket import Ticket

if TYPE_CHECKING:
    from collections.abc import Callable

# On the wire between web and nodes, which need not be updated at the same moment: not the name of a module.
SALT: Final = "meet.tickets"
IDENTITY_SALT: Final = "meet.identities"
PAGE_SALT: Final = "meet.pages"
LIFETIME_S: Final = 600
# Who has a page open for longer gets a new random id when they connect anew.
IDENTITY_LIFETIME_S: Final = 30 * 24 * 3600

TicketErrorCode = Literal["ticketInvalid", "ticketExpired", "wrongNode"]


class TicketError(AppError):
    """A ticket that lets nobody in here; `code` is what signalling answers with."""

    status = 403

    code: TicketErrorCode

    def __init__(self, code: TicketErrorCode, message: str) -> None:
        super().__init__(code, message)


@dataclass(frozen=True)
class PageIdentity:
    """Who a page is in a room, for the page to show when it needs another ticket.

    `issued` where the peer id is a random one of ours, else the link or its token must give it again. `session` is the
    page's secret. `token` is the hash of the token that it came with; `joined` where it was in, so that the token has
    done its work.
    """

    account_id: int
    room_id: str
    peer_id: str
    issued: bool
    session: str
    token: str = ""
    joined: bool = False


def sign(ticket: Ticket) -> str:
    """The ticket as text for a client to present; it can be read by everybody and changed by nobody."""
    data = asdict(ticket)
    if not ticket.trace:  # a node of an earlier version knows no such field
        del data["trace"]
    return signing.dumps(data, salt=SALT, compress=True)


def verify(
    text: str, *, node: str, accepts: Callable[[int], bool] = lambda _epoch: True, max_age_s: int = LIFETIME_S
) -> Ticket:
    """Check a presented ticket. Raises `TicketError`: `ticketInvalid`, `ticketExpired` or `wrongNode`.

    `accepts` tells whether a ticket of this epoch is for the process that has the node's name now.
    """
    try:
        data: dict[str, Any] = signing.loads(text, salt=SALT, max_age=max_age_s)
        ticket = Ticket(**data)
    except signing.SignatureExpired as error:
        raise TicketError("ticketExpired", "The ticket is too old: ask for a new one.") from error
    except (signing.BadSignature, TypeError, ValueError) as error:
        raise TicketError("ticketInvalid", "The ticket is not valid here.") from error
    if ticket.node != node:
        raise TicketError("wrongNode", f"The room lives on {ticket.node}, this is {node}.")
    if not accepts(ticket.epoch):
        raise TicketError("wrongNode", f"The ticket is for {node} as it was: ask for a new one.")
    return ticket


def sign_identity(identity: PageIdentity) -> str:
    """An identity as text for its page; nobody else must see it."""
    return signing.dumps(asdict(identity), salt=IDENTITY_SALT, compress=True)


def read_identity(text: str) -> PageIdentity | None:
    """The identity that a page shows; None for what we have not signed, or too long ago."""
    try:
        return PageIdentity(**signing.loads(text, salt=IDENTITY_SALT, max_age=IDENTITY_LIFETIME_S))
    except (signing.BadSignature, TypeError, ValueError):
        return None


def identity_of(ticket: Ticket, *, joined: bool) -> PageIdentity:
    """Of the page that came with a ticket."""
    return PageIdentity(
        ticket.account_id,
        ticket.room_id,
        ticket.peer_id,
        ticket.proof == "issued",
        ticket.session,
        ticket.token,
        joined,
    )


def vouch_for(host: str) -> str:
    """A host name of our pages, as text for the page to show to a node; always the same."""
    return signing.Signer(salt=PAGE_SALT).sign(host)


def vouched_host(text: str) -> str | None:
    """The host name that was vouched for, else None."""
    try:
        return signing.Signer(salt=PAGE_SALT).unsign(text)
    except signing.BadSignature:
        return None
