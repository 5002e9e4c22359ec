"""Who sees which live rooms in the admin: owners and admins their accounts', the operator all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404

from meet.accounts.scope import ADMINS, accounts_of, is_operator

if TYPE_CHECKING:
    from django.http import HttpRequest

    from meet.accounts.models import Account


def may_open(request: HttpRequest) -> bool:
    """Whether there can be anything for a visitor."""
    return is_operator(request.user) or accounts_of(request.user, ADMINS).exists()


def account_or_404(request: HttpRequest, account_id: int) -> Account:
    """An account whose rooms a visitor may see and act in. Another's, and one that is not, are 404 alike."""
    account = accounts_of(request.user, ADMINS).filter(pk=account_id).first()
    if account is None:
        raise Http404
    return account
