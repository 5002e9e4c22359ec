"""How long somebody stays logged in at the admin, and that passwords don't travel in the clear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpResponseRedirect
from django.utils import timezone

from meet.errors import Forbidden
from meet.run.trusted_proxies import address_in
from meet.session_keys import BEGAN, SEEN
from meet.views.errors import error_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

# What somebody does is noted at most so often, in s: noting it is a write to the database.
NOTED_EVERY_S: Final = 60
_LOGINS: Final = ("/admin/", "/auth/")


class SessionLimits:
    """Ends logins that nobody has used for `session_idle_hours`, and all after `session_hours`.

    Pages that ask for news by themselves count as used, as long as they are open. A moment that lies ahead was noted by
    a clock that was, and counts as now.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve one request."""
        if SESSION_KEY in request.session:
            self._look(request, int(timezone.now().timestamp()))
        return self._get_response(request)

    @staticmethod
    def _look(request: HttpRequest, now_s: int) -> None:
        session: Any = request.session
        began, seen = (min(session.get(name, now_s), now_s) for name in (BEGAN, SEEN))
        config = settings.CONFIG
        if now_s - seen > config.session_idle_hours * 3600 or now_s - began > config.session_hours * 3600:
            logout(request)
        elif session.get(BEGAN) != began or session.get(SEEN, now_s + 1) > now_s or now_s - seen >= NOTED_EVERY_S:
            session[BEGAN], session[SEEN] = began, now_s


class SecureLogins:
    """In production the admin and logins take https, or somebody on this machine."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve one request."""
        if settings.CONFIG.production and request.path.startswith(_LOGINS) and not self._is_private(request):
            if request.method in {"GET", "HEAD"} and not request.path.startswith("/auth/"):
                return HttpResponseRedirect(f"https://{request.get_host()}{request.get_full_path()}")
            error = Forbidden(
                "httpsRequired",
                "Logging in takes https here, so that nobody on the way reads the password.",
                hint="Use this server's https address. A reverse proxy must send X-Forwarded-Proto.",
            )
            return error_page(request, error)
        return self._get_response(request)

    @staticmethod
    def _is_private(request: HttpRequest) -> bool:
        """Whether nobody else reads along."""
        address = address_in(request.META.get("REMOTE_ADDR", ""))
        return request.is_secure() or (address is not None and address.is_loopback)
