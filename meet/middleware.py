"""Headers that every page gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

# Django's admin keeps its own, older way of inline styles.
ADMIN_POLICY: Final = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'"
)
# connect-src: the signalling connection may be on another port or, with several nodes, another host.
# frame-src: a player that a room watches together, in a sandbox (attribute `video`).
PAGE_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self' ws: wss:; frame-src 'self' https:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'"
)


class ContentSecurityPolicy:
    """A Content-Security-Policy for all answers.

    Who may embed a page is said once, by Django's clickjacking decorators: where browsers see `frame-ancestors`
    they ignore X-Frame-Options (CSP level 3, section 6.4.2.2), so the two must agree. Room pages may be embedded
    anywhere, everything else nowhere.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve one request."""
        response = self._get_response(request)
        policy = ADMIN_POLICY if request.path.startswith("/admin/") else PAGE_POLICY
        ancestors = "*" if getattr(response, "xframe_options_exempt", False) else "'none'"
        response.headers.setdefault("Content-Security-Policy", f"{policy}; frame-ancestors {ancestors}")
        return response
