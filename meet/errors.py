"""What our Django code raises on purpose, and what becomes of it.

AppError
├── BadRequest       400
├── Unauthorized     401
├── Forbidden        403
├── NotFoundError    404
├── TooManyRequests  429
├── Unavailable      503
├── rooms.nodes.tickets.TicketError  403
├── meet.accounts.tokens.TokenRefusedError  403
└── meet.accounts.access.Denied  as its reason says

`code` is stable and for programs, the message a full sentence for people, `hint` says what to do about it.
`meet.views.errors` turns each into a page, `meet.api.errors` into a JSON body, in one place each.
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


class BadRequest(AppError):
    """The request itself is wrong."""

    status = 400


class Unauthorized(AppError):
    """We don't know who asks."""

    status = 401


class Forbidden(AppError):
    """We know who asks, and they may not."""

    status = 403


class NotFoundError(AppError):
    """There is no such thing."""

    status = 404


class TooManyRequests(AppError):
    """Too often; `retry_s` is in how many whole seconds the same would be all right, at least 1."""

    status = 429

    def __init__(self, message: str, retry_s: int, *, hint: str = "") -> None:
        super().__init__("tooManyRequests", message, hint=hint)
        self.retry_s = max(1, retry_s)


class Unavailable(AppError):
    """Not now, perhaps later."""

    status = 503
