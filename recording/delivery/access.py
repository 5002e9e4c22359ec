"""Who may have the files of an account's videos, beside a link that counts (the account's `recording_visibility`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.request import Request

from meet.accounts.models import Visibility
from meet.accounts.scope import ANYBODY, may
from meet.api.authentication import AuthorizationHeader
from meet.errors import AppError

if TYPE_CHECKING:
    from django.http import HttpRequest

    from meet.accounts.models import Account


def may_have(request: HttpRequest, account: Account) -> bool:
    """Whether a link is enough, or else whoever asks is one of the account's people or programs."""
    if account.recording_visibility != Visibility.MEMBERS:
        return True
    return may(request.user, account, ANYBODY) or _is_program_of(account, request)


def _is_program_of(account: Account, request: HttpRequest) -> bool:
    """Whether it is a caller of the Server API."""
    try:
        found = AuthorizationHeader().authenticate(Request(request))
    except AppError:
        return False
    return found is not None and found[1].account == account
