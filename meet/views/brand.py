"""`/brand/ACCOUNT/logo`: an account's logo, where the account is known anyway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from meet.accounts.hosts import account_of
from meet.accounts.models import Account
from meet.accounts.scope import accounts_of

if TYPE_CHECKING:
    from django.http import HttpRequest

# Its address changes with the picture.
LIFETIME_S: Final = 7 * 24 * 3600


@require_safe
def logo(request: HttpRequest, account_id: int) -> HttpResponse:
    """The picture, at the account's own hosts and for its people; elsewhere there is none."""
    own_host = account_of(request).pk == account_id
    accounts = Account.objects.all() if own_host else accounts_of(request.user)
    account = get_object_or_404(accounts, pk=account_id)
    if not account.logo:
        raise Http404
    with account.logo.open("rb") as file:
        response = HttpResponse(file.read(), content_type="image/png")
    response.headers["Cache-Control"] = f"{'public' if own_host else 'private'}, max-age={LIFETIME_S}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    return response
