"""Requests to addresses that others chose: access checks and webhooks. The one way to make them.

Such an address must not lead to what only we can reach. Each request looks its host's name up once, connects to
exactly the addresses that were checked, follows no redirect, uses no proxy and has one deadline for everything
(OWASP: Server-Side Request Forgery Prevention). `policy` says what is allowed, `network` holds sockets to it.
"""

from meet.outgoing.errors import (
    AddressRefusedError,
    BrokenAnswerError,
    ConnectionFailedError,
    OutgoingError,
    TimedOutError,
)
from meet.outgoing.places import NoPlaceError, Places, places
from meet.outgoing.policy import Policy
from meet.outgoing.sending import Answer, Sender, sender

__all__ = [
    "AddressRefusedError",
    "Answer",
    "BrokenAnswerError",
    "ConnectionFailedError",
    "NoPlaceError",
    "OutgoingError",
    "Places",
    "Policy",
    "Sender",
    "TimedOutError",
    "places",
    "sender",
]
