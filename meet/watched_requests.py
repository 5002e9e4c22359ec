"""Around each request of web: its id, its place in logs and traces, and what is counted of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from meet import tracing
from meet.log_context import REQUEST_ID_HEADER, About, request_id, start
from meet.log_context import tell as tell_log
from meet.metrics.requests import OTHER, REQUESTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

STATIC = "/static/"


class WatchedRequests:
    """The outermost middleware. A request's id is its `X-Request-ID`, if that may be one, and goes back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve one request."""
        began = time.perf_counter()
        name = request_id(request.headers.get(REQUEST_ID_HEADER))
        # Until the request is over, which is after this: Django logs what was refused when we are done.
        start(About(request=name))
        with tracing.span_of_request(request) as span:
            response = self._get_response(request)
            route = route_of(request)
            span.named(
                f"{request.method} {route}", {"http.route": route, "http.response.status_code": response.status_code}
            )
        REQUESTS.answered(route, request.method or "", response.status_code, time.perf_counter() - began)
        response.headers[REQUEST_ID_HEADER] = name
        return response

    def process_view(self, _request: HttpRequest, _view: Any, _args: Any, kwargs: dict[str, Any]) -> None:
        """The address says which room a request is about."""
        room_id = kwargs.get("room_id")
        if isinstance(room_id, str):
            tell_log(room=room_id)


def route_of(request: HttpRequest) -> str:
    """The pattern that a request's address fits, never the address itself."""
    if request.resolver_match is not None:
        return "/" + request.resolver_match.route
    return STATIC if request.path.startswith(STATIC) else OTHER
