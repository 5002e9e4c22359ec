"""Django's ASGI handler, with each request in one thread from its first middleware to the view and back.

Django's own goes to threads and back to the loop with the methods of middlewares that are written for both, ten times a
request, which takes an eighth of a ticket's processor time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler

if TYPE_CHECKING:
    from django.core.handlers.asgi import ASGIRequest
    from django.http.response import HttpResponseBase


class RequestHandler(ASGIHandler):
    """An ASGI application. Views that are coroutines would do, too; we have none."""

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's signature
        """Load all middlewares as functions, whatever the handler that wants them."""
        del is_async
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: ASGIRequest) -> HttpResponseBase:  # type: ignore[override]
        """The response, made in the request's thread."""
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)
