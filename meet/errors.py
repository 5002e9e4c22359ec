"""What our Django code raises on purpose, and what becomes of it.

AppError
├── BadRequest       400
├── NotFoundError    404
├── Unavailable      503
├── meet.tickets.TicketError  403
├── meet.accounts.tokens.TokenRefusedError  403
└── meet.accounts.access.Denied  as its reason says

`code` is stable and for programs, the message a full sentence for people, `hint` says what to do about it.
`meet.views.errors` turns each into a page or a JSON body, in one place.
"""

from __future__ import annotations

from typing import Any


class AppError(Exception):
    """Base of all; `status` is the HTTP status."""

    status = 500

    def __init__(self, code: str, message: str, *, hint: str = "", data: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.data = data or {}


class BadRequest(AppError):  # noqa: N818 - named after the answer it becomes
    """The request itself is wrong."""

    status = 400


class NotFoundError(AppError):
    """There is no such thing."""

    status = 404


class Unavailable(AppError):  # noqa: N818 - named after the answer it becomes
    """Not now, perhaps later."""

    status = 503
