"""Errors of the Server API: one JSON shape for all of them.

`{"error": {"code": …, "message": …}}`, with `hint` and `data` where there is more to say. The code is stable and for
programs, the message is a full sentence for people. Nothing of a token, a password or a key is ever in them.
Outside of its views, `meet.views.errors` uses the same.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from meet.api.authentication import WWW_AUTHENTICATE
from meet.errors import AppError, BadRequest, Forbidden, NotFoundError, TooManyRequests, Unavailable
from meet.outages import RETRY_S, outage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest

logger = logging.getLogger(__name__)

# Where the Server API is: what is not found there is told in JSON.
PREFIXES: Final = ("/api/", "/auth/", "/chat/", "/persons", "/rooms/", "/servers", "/streaming/")
MAX_PROBLEMS: Final = 5
SEE_ALL: Final = "/api/ lists what there is."
_CODES: Final = {
    400: "invalidData",
    401: "tokenInvalid",
    403: "accessDenied",
    404: "notFound",
    405: "methodNotAllowed",
    415: "mediaTypeUnsupported",
}


class RequestError(AppError):
    """What the framework has found wrong with a request."""

    def __init__(self, status: int, message: str, *, hint: str = "", data: dict[str, Any] | None = None) -> None:
        super().__init__(_CODES.get(status, "invalidRequest"), message, hint=hint, data=data)
        self.status = status


def is_api(request: HttpRequest) -> bool:
    """Whether a request is for the Server API, by its path."""
    return request.path.startswith(PREFIXES)


def wants_json(request: HttpRequest) -> bool:
    """Whether a program reads the answer: the Server API's, or one that sends JSON itself, as our own pages' do."""
    return is_api(request) or request.content_type == "application/json"


def body_of(error: AppError) -> dict[str, Any]:
    """The JSON body of an error."""
    more = {"hint": error.hint, "data": error.data}
    return {
        "error": {
            "code": error.code,
            "message": error.message,
            **{name: value for name, value in more.items() if value},
        }
    }


def headers_of(error: AppError) -> dict[str, str]:
    """The headers that its answer has beside the body."""
    if error.status == 401:
        return {"WWW-Authenticate": WWW_AUTHENTICATE}
    if isinstance(error, TooManyRequests):
        return {"Retry-After": str(error.retry_s)}
    if isinstance(error, Unavailable):
        return {"Retry-After": str(RETRY_S)}
    return {}


def handle(exception: Exception, context: dict[str, Any]) -> Response:
    """What a view of the Server API has raised, as its answer (`EXCEPTION_HANDLER` of the REST framework).

    A view may have a shape of its own for errors: `error_body`.
    """
    error = as_app_error(exception)
    if error.status >= 500:
        logger.error("%s failed.", context["request"].path, exc_info=exception)
    view = context["view"]
    return Response(view.error_body(error), error.status, headers=headers_of(error))


def as_app_error(exception: BaseException | None) -> AppError:
    """What an exception means to whoever has sent the request; our mistake where it means nothing."""
    if isinstance(exception, AppError):
        return exception
    if isinstance(exception, exceptions.APIException):
        return _of_framework(exception)
    if isinstance(exception, Http404):
        return NotFoundError("notFound", "There is nothing at this address.", hint=SEE_ALL)
    if isinstance(exception, PermissionDenied):
        return Forbidden("accessDenied", "Access denied, contact your administrator.")
    if isinstance(exception, SuspiciousOperation):
        return BadRequest("invalidData", "The request is not valid, or too large.")
    return outage(exception) or AppError(
        "internalError", "The server made a mistake. It has been logged.", hint="Try again later."
    )


def _of_framework(exception: exceptions.APIException) -> AppError:
    match exception:
        case exceptions.ValidationError():
            problems = list(_problems(exception.detail))
            shown = " ".join(f"{name}: {text}" if name else text for name, text in problems[:MAX_PROBLEMS])
            return RequestError(400, shown, data={"fields": sorted({name for name, _ in problems if name})})
        case exceptions.MethodNotAllowed():
            return RequestError(405, "This address does not know this method.", hint=SEE_ALL)
        case exceptions.UnsupportedMediaType():
            hint = "Send JSON with the header Content-Type: application/json."
            return RequestError(415, "The request's body is no JSON.", hint=hint)
        case _:
            return RequestError(exception.status_code, str(exception.detail))


def _problems(detail: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Names of fields, with dots between the levels, and what is wrong with each."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            known = str(key) if key != "non_field_errors" else ""
            yield from _problems(inner, ".".join(filter(None, (name, known))))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _problems(inner, name)
    else:
        yield name, str(detail)
