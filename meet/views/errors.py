"""Errors as people see them: a page with what happened and what to do; for the Server API the same as JSON."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from django.http import JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from meet.accounts import branding
from meet.accounts.access import Denied
from meet.accounts.access.denials import Denial
from meet.api.errors import as_app_error, body_of, headers_of, is_api, wants_json
from meet.attributes.language import DEFAULT
from meet.views.boot import DenialBoot, as_json

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from meet.accounts.models import Account
    from meet.errors import AppError

# A server that is away for a moment comes back: the page tries again by itself after so many seconds, by status.
RETRY_S: Final = {503: 5}
# Any other hint is for those who make links or run servers: the page shows it beside its own words.
WORDS_FOR_ALL: Final = frozenset({"", "Ask for a new link.", "Try again later."})
TITLES: Final = {
    400: gettext_noop("This link doesn't work"),
    403: gettext_noop("No entry"),
    404: gettext_noop("Nothing here"),
    503: gettext_noop("Not available right now"),
}
OTHER_TITLE: Final = gettext_noop("Something went wrong")
AGAIN: Final = gettext_noop("Try again in a moment. Whoever is in a meeting stays in it.")
# What is raised deeper in the house as an `AppError` is English there, for programs: its message and hint for people,
# by code. Values are the error's `data`.
PEOPLE: Final = {
    "hostUnknown": (
        gettext_noop("There are no meetings at %(host)s."),
        gettext_noop("Check the address. Operators: add the host name to an account's domains."),
    ),
    "httpsRequired": (
        gettext_noop("This server takes https only, so that nobody on the way reads along."),
        gettext_noop("Use this server's https address. A reverse proxy must send X-Forwarded-Proto."),
    ),
    "storageUnavailable": (gettext_noop("The server's disk is full, so that nothing can be saved."), AGAIN),
    "databaseUnavailable": (gettext_noop("The server's database does not answer at the moment."), AGAIN),
    "serverBusy": (gettext_noop("The server has too much to do at the moment."), AGAIN),
    "internalError": (
        gettext_noop("The server made a mistake. It has been logged."),
        gettext_noop("Try again later."),
    ),
}


def error_page(request: HttpRequest, error: AppError) -> HttpResponse:
    """The page for one of our own errors."""
    if is_api(request):
        return error_json(error)
    return _page_of(request, error)


def denied_page(request: HttpRequest, error: AppError, account: Account, language: str) -> HttpResponse:
    """The page for somebody who may not enter a room, for whatever reason.

    Its words are English; the page's script puts them into `language`, and tells a page around it what has happened.
    """
    page = branding.for_page(account)
    denied = error if isinstance(error, Denied) else None
    retry_s = denied.retry_s if denied else RETRY_S.get(error.status, 0)
    told = DenialBoot(
        code=error.code,
        message=error.message,
        hint=error.hint,
        detail="" if denied or error.hint in WORDS_FOR_ALL else f"{error.message} {error.hint}",
        language=language,
        ticket_url=reverse("tickets"),
        start_ms=denied.start_ms if denied else None,
        now_ms=round(timezone.now().timestamp() * 1000),
        retry_s=retry_s,
    )
    context = {
        "error": error,
        "title": denied.title if denied else TITLES.get(error.status, OTHER_TITLE),
        "reason": denied.reason if denied else "",
        "start_ms": denied.start_ms if denied else None,
        "retry_s": retry_s,
        "told": as_json(told),
        "brand": page["brand"],
        "contact": page["contact"] if denied and denied.denial is Denial.LOCKED else "",
    }
    with override(DEFAULT):
        response = render(request, "denied.html", context, status=error.status)
    response.headers["Cache-Control"] = "no-store"
    if retry_s:
        response.headers["Retry-After"] = str(retry_s)
    return response


def error_json(error: AppError) -> JsonResponse:
    """The body for programs."""
    return JsonResponse(body_of(error), status=error.status, headers=headers_of(error))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler for 400."""
    if is_api(request):
        return error_json(as_app_error(exception))
    return _page(request, 400, _(TITLES[400]), _("The server did not understand the request."), "")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler for 403."""
    if is_api(request):
        return error_json(as_app_error(exception))
    return _page(request, 403, _(TITLES[403]), _("You may not see this page."), "")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler for 404."""
    if is_api(request):
        return error_json(as_app_error(exception))
    return _page(
        request,
        404,
        _(TITLES[404]),
        _("There is no page at this address."),
        _("Check the link, or start again from the home page."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler for 500. A full disk or a database that is away is 503, and says so."""
    error = as_app_error(sys.exception())
    if wants_json(request):
        return error_json(error)
    return _page_of(request, error)


def _page_of(request: HttpRequest, error: AppError) -> HttpResponse:
    title = _(TITLES.get(error.status, OTHER_TITLE))
    if error.code not in PEOPLE:
        return _page(request, error.status, title, error.message, error.hint)
    message, hint = PEOPLE[error.code]
    return _page(request, error.status, title, _(message) % error.data, _(hint))


def _page(request: HttpRequest, status: int, title: str, message: str, hint: str) -> HttpResponse:
    context = {"title": title, "message": message, "hint": hint, "status": status}
    response = render(request, "error.html", context, status=status)
    if status in RETRY_S:
        response.headers["Retry-After"] = str(RETRY_S[status])
    return response
