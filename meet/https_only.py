"""In production nothing is said in the clear, and browsers are told to keep to https (RFC 6797)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.http import HttpResponseRedirect

from meet.accounts.hosts import account_of, host_name
from meet.api.errors import wants_json
from meet.errors import Forbidden, NotFoundError
from meet.run.trusted_proxies import address_in
from meet.views.errors import error_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

# Load balancers ask for these by http and by address; an authority asks for the others to see whose a name is.
OPEN: Final = ("/healthz", "/readyz", "/.well-known/acme-challenge/")
PERMANENTLY: Final = 308
HTTP_PORT: Final = ":80"
HSTS: Final = "Strict-Transport-Security"


class HttpsOnly:
    """In production pages, the API and all else take https, or somebody on this machine.

    Pages that are only looked at lead to their https address, at hosts of ours. What has been sent, and what programs
    ask for, is refused: they would send their secrets in the clear each time, and nobody would notice.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve one request."""
        if settings.CONFIG.production and not request.path.startswith(OPEN) and not is_private(request):
            return self._lead_to_https(request)
        response = self._get_response(request)
        if HSTS in response.headers and not can_be_kept_to_https(host_name(request.get_host())):
            del response.headers[HSTS]
        return response

    def _lead_to_https(self, request: HttpRequest) -> HttpResponse:
        try:
            account_of(request)
        except NotFoundError:
            return self._get_response(request)  # which says that there is nothing at this host
        if request.method in {"GET", "HEAD"} and not wants_json(request):
            address = f"https://{request.get_host().removesuffix(HTTP_PORT)}{request.get_full_path()}"
            response = HttpResponseRedirect(address)
            response.status_code = PERMANENTLY
            return response
        error = Forbidden(
            "httpsRequired",
            "This server takes https only, so that nobody on the way reads along.",
            hint="Use this server's https address. A reverse proxy must send X-Forwarded-Proto.",
        )
        return error_page(request, error)


def is_private(request: HttpRequest) -> bool:
    """Whether nobody else reads along."""
    address = address_in(request.META.get("REMOTE_ADDR", ""))
    return request.is_secure() or (address is not None and address.is_loopback)


def can_be_kept_to_https(host: str) -> bool:
    """Whether browsers may be told so of a host: an address has other owners tomorrow, localhost other programs."""
    return address_in(host) is None and host != "localhost" and not host.endswith(".localhost")
