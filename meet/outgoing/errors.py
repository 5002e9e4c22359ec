"""What can go wrong with a request to an address that others chose.

OutgoingError
├── AddressRefusedError      the address is not allowed; nothing was sent
├── ConnectionFailedError    no connection, or it broke before the answer: another try may help
├── TimedOutError            the deadline passed
└── BrokenAnswerError        what came back is no HTTP

Each message is a full sentence for the account's admins, who chose the address. Participants don't see it.
"""

from __future__ import annotations


class OutgoingError(Exception):
    """Base of all."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class AddressRefusedError(OutgoingError):
    """The address is not one that we may send to."""


class ConnectionFailedError(OutgoingError):
    """There is no connection, or it ended without an answer."""


class TimedOutError(OutgoingError):
    """The whole answer was not there in time."""


class BrokenAnswerError(OutgoingError):
    """The answer breaks HTTP's rules."""
