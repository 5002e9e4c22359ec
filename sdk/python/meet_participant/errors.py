"""What can go wrong. All have a stable `code` for programs, and a sentence for people.

ParticipantError
    LinkInvalid         this is no link of a room
    TicketRefused       the server does not let this link in (`docs/codes.md`)
    RequestRefused      the room refuses a request (`docs/codes.md`)
    NoAnswer            the connection stands, but the answer did not come in time
    ConnectionLost      there is no connection, and none could be made
    MeetingOver         the room is over for this participant; `ended` says why
    Behind              a loop took its events so slowly that some were lost
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meet_participant.events import Ended


class ParticipantError(Exception):
    """Base of all errors of this package."""

    code = "failed"


class LinkInvalid(ParticipantError):
    """This is no link of a room."""

    code = "linkInvalid"


class _CodedError(ParticipantError):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class TicketRefused(_CodedError):
    """The server does not let this link in."""


class RequestRefused(_CodedError):
    """The room refuses a request."""


class NoAnswer(ParticipantError):
    """The connection stands, but the answer did not come in time."""

    code = "noAnswer"


class ConnectionLost(ParticipantError):
    """There is no connection, and none could be made."""

    code = "connectionLost"

    def __init__(self, message: str = "The connection to the meeting was lost.") -> None:
        super().__init__(message)


class MeetingOver(ParticipantError):
    """The room is over for this participant; `ended` says why."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(ended.message)
        self.code = ended.code
        self.ended = ended


class Behind(ParticipantError):
    """A loop took its events so slowly that some were lost."""

    code = "behind"
