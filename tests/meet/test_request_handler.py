"""How often a request of web goes to a thread: seldom, and always the same one."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import SyncToAsync
from django.http import HttpRequest, HttpResponse
from django.urls import path

from meet.log_context import REQUEST_ID_HEADER
from meet.run.request_handler import RequestHandler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.conf import LazySettings

# It begins, is served, and is over.
STEPS = 3

seen_in: list[int] = []


def asked(request: HttpRequest) -> HttpResponse:
    seen_in.append(threading.get_ident())
    if request.GET:
        raise ZeroDivisionError
    return HttpResponse("well")


urlpatterns = [path("asked", asked)]


async def ask(handler: RequestHandler, query: bytes = b"") -> list[Mapping[str, Any]]:
    """What one request is answered."""
    sent: list[Mapping[str, Any]] = []
    waiting = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop()

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/asked",
        "query_string": query,
        "root_path": "",
        "headers": [(b"host", b"localhost"), (REQUEST_ID_HEADER.lower().encode(), b"one-request")],
        "client": ("127.0.0.1", 1),
    }
    await handler(scope, receive, send)
    return sent


@pytest.mark.django_db(transaction=True)
async def test_all_middlewares_and_the_view_have_their_turn_in_one_thread(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    settings.ROOT_URLCONF = __name__
    settings.ALLOWED_HOSTS = ["*"]
    steps: list[object] = []
    call = SyncToAsync.__call__

    async def counted(self: SyncToAsync[Any, Any], *args: Any, **kwargs: Any) -> Any:
        steps.append(self.func)
        return await call(self, *args, **kwargs)

    handler = RequestHandler()
    monkeypatch.setattr(SyncToAsync, "__call__", counted)
    seen_in.clear()
    head, body = await ask(handler)
    assert (head["status"], body["body"]) == (200, b"well")
    headers = {name.decode().lower(): value for name, value in head["headers"]}
    assert headers["x-request-id"] == b"one-request"
    assert "content-security-policy" in headers
    assert len(steps) <= STEPS
    assert seen_in != [threading.get_ident()]


@pytest.mark.django_db(transaction=True)
async def test_what_a_view_raises_is_an_answer(settings: LazySettings) -> None:
    settings.ROOT_URLCONF = __name__
    settings.ALLOWED_HOSTS = ["*"]
    settings.DEBUG_PROPAGATE_EXCEPTIONS = False
    head, *_ = await ask(RequestHandler(), b"fails=1")
    assert head["status"] == 500
