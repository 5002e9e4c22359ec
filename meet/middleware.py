"""What holds for every page: the language that it speaks, the hosts that we answer for, and the headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import connections
from django.utils import translation
from django.utils.cache import patch_vary_headers

from meet.accounts.branding import frame_ancestors
from meet.accounts.hosts import account_of, host_name, is_operators
from meet.api.errors import is_api
from meet.attributes.language import DEFAULT, language_of
from meet.errors import NotFoundError
from meet.views.errors import error_page
from rooms.nodes.address import is_nodes

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

# unfold, the admin's theme, evaluates the expressions in its templates (Alpine.js), and sets styles in attributes.
# Alpine's build that evaluates nothing knows neither the arrow functions nor the globals (localStorage) of those
# expressions. Nothing but the admin has it; its scripts come from our own files as everywhere.
ADMIN_POLICY: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'"
)
# connect-src: the signalling connection may be on another port or, with several nodes, another host.
# frame-src: a player that a room watches together, in a sandbox (attribute `video`).
PAGE_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self' ws: wss:; frame-src 'self' https:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'"
)


# What no page of ours uses. Cameras and screens are for pages of ours, and for those that embed them by `allow`.
NEVER: Final = "geolocation=(), payment=(), usb=(), serial=(), hid=(), midi=()"
PAGE_PERMISSIONS: Final = f"camera=(self), microphone=(self), display-capture=(self), {NEVER}"
ADMIN_PERMISSIONS: Final = f"camera=(), microphone=(), display-capture=(), {NEVER}"


# Pages for who runs accounts or writes programs (docs/contributor.md), and those below them that others see, too.
ENGLISH: Final = ("/admin/", "/playground")
TRANSLATED: Final = ("/admin/login/", "/admin/password_reset/")


class EndedConnections:
    """Where connections to the database end with requests (`meet.conf.database`), they end before an answer is sent.

    Its reader may take their time, and so may a file. What is made while it is sent has another connection, which ends
    with the request.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve one request."""
        response = self._get_response(request)
        for connection in connections.all(initialized_only=True):
            ends = connection.settings_dict["CONN_MAX_AGE"] == 0
            if ends and not connection.in_atomic_block:  # as in a test, whose transaction is around the request
                connection.close()
        return response


class VisitorLanguage:
    """Pages speak their visitor's language, as far as a request alone tells it; `speak` knows the account as well.

    The Server API, the admin and the playground are English.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve one request."""
        if is_english(request):
            with translation.override(DEFAULT):
                return self._get_response(request)
        with translation.override(language_of(request)):
            response = self._get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ["Accept-Language"])
        return response


def is_english(request: HttpRequest) -> bool:
    """Whether a page is in English for everybody, by its path."""
    english = is_api(request) or request.path.startswith(ENGLISH)
    return english and not request.path.startswith(TRANSLATED)


PROBES: Final = ("/healthz", "/readyz", "/certificate")


class KnownHosts:
    """A clear page at hosts that lead to no account. Django itself only checks how a host is written.

    `PROBES` answer everywhere: load balancers, and the front, ask by address. The Server API, where a token says whose
    account it is, answers at the public hosts of nodes, too (spec: "List of servers").
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve one request."""
        if request.path not in PROBES and not is_operators(host_name(request.get_host())):
            try:
                account_of(request)
            except NotFoundError as error:
                if not (is_api(request) and is_nodes(host_name(request.get_host()))):
                    return error_page(request, error)
        return self._get_response(request)


class ContentSecurityPolicy:
    """A Content-Security-Policy and a Permissions-Policy for all answers.

    Who may embed a page is said once, by Django's clickjacking decorators: where browsers see `frame-ancestors`
    they ignore X-Frame-Options (CSP level 3, section 6.4.2.2), so the two must agree. Room pages may be embedded
    where their account says, everything else nowhere.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve one request."""
        response = self._get_response(request)
        admin = request.path.startswith("/admin/")
        response.headers.setdefault("Permissions-Policy", ADMIN_PERMISSIONS if admin else PAGE_PERMISSIONS)
        if "Content-Security-Policy" not in response.headers:
            policy = ADMIN_POLICY if admin else PAGE_POLICY
            embeddable = getattr(response, "xframe_options_exempt", False)
            ancestors = frame_ancestors(account_of(request)) if embeddable else "'none'"
            response.headers["Content-Security-Policy"] = f"{policy}; frame-ancestors {ancestors}"
        return response
