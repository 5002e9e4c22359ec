"""Who asks: an account's API token, or somebody who has logged in (spec: Validating Server API Requests)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication

from meet.accounts.api_tokens import find
from meet.accounts.hosts import account_of
from meet.accounts.models import Account, ApiToken, Role
from meet.accounts.scope import accounts_of, role_in
from meet.api.bearer import decode
from meet.api.logins import user_in_session
from meet.api.throttling import count_failure
from meet.errors import Forbidden, Unauthorized

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from rest_framework.request import Request

REALM: Final = "Server API"
WWW_AUTHENTICATE: Final = f'APIKey realm="{REALM}", Bearer realm="{REALM}"'
# A token's last use is written at most this often.
USE_NOTED_EVERY: Final = dt.timedelta(minutes=1)


@dataclass(frozen=True)
class Caller:
    """For which account somebody asks, and with which role in it: `request.auth` of the Server API.

    `token` is the API token's name, where it is one.
    """

    account: Account
    role: Role
    token: str = ""


class AuthorizationHeader(BaseAuthentication):
    """`Authorization: APIKey …`, `Bearer …` or the token alone; None for a request without the header.

    What a token looks like tells which kind it is: a permanent one counts behind Bearer and alone, too.
    """

    def authenticate(self, request: Request) -> tuple[User | AnonymousUser, Caller] | None:
        """The user, nobody for an API token, and the `Caller`. Raises `AppError`."""
        scheme, _, credentials = request.headers.get("Authorization", "").strip().partition(" ")
        if not scheme:
            return None
        if not credentials and is_token(scheme):
            scheme, credentials = "bearer", scheme
        now = timezone.now()
        try:
            if scheme.lower() == "apikey" or (scheme.lower() == "bearer" and "$" in credentials):
                return AnonymousUser(), _of_api_token(credentials, now)
            user = _bearer(scheme, credentials, now)
        except Unauthorized:
            count_failure(request, now)
            raise
        return user, _of_user(user, request)

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - the framework's signature
        """What an answer with 401 says."""
        return WWW_AUTHENTICATE


def is_token(text: str) -> bool:
    """Whether a text without a scheme is a permanent token or, with its three parts, an access token."""
    return "$" in text or text.count(".") == 2


def _of_api_token(text: str, now: dt.datetime) -> Caller:
    token = find(text, now)
    if token is None:
        raise Unauthorized(
            "tokenInvalid", "Invalid token.", hint="The API token is wrong or has expired. Make one in the admin."
        )
    if token.last_used_at is None or abs(now - token.last_used_at) > USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return Caller(token.account, Role(token.role), token.name)


def _bearer(scheme: str, credentials: str, now: dt.datetime) -> User:
    if scheme.lower() != "bearer":
        raise Unauthorized("tokenInvalid", "The header Authorization must begin with APIKey or Bearer and a blank.")
    return user_in_session(decode("access", credentials.strip(), now))


def _of_user(user: User, request: Request) -> Caller:
    """Somebody asks for the account of the host that they call, or for their only one. Raises `Forbidden`."""
    account = account_of(request)
    role = role_in(user, account)
    if role is None:
        theirs = list(accounts_of(user)[:2])
        if not theirs:
            raise Forbidden("accessDenied", "Access denied, contact your administrator.", hint="You have no account.")
        if len(theirs) > 1:
            raise Forbidden(
                "accountUnclear",
                "You are a member of several accounts, and of none at this host.",
                hint="Call the API at a domain of the account that you mean, or use an API token of it.",
            )
        account = theirs[0]
        role = role_in(user, account)
    if role is None:  # taken away at this moment
        raise Forbidden("accessDenied", "Access denied, contact your administrator.")
    return Caller(account, role)
