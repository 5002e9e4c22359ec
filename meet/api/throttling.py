"""Which requests to the Server API are counted together, and how many are all right (spec: Rate Limits)."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.utils import timezone
from rest_framework.throttling import BaseThrottle

from meet.accounts.audit import has_logged_in
from meet.api.rate_limit import Limit, take
from meet.client_address import client_address
from meet.errors import TooManyRequests

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.request import Request
    from rest_framework.views import APIView

    from meet.accounts.models import Account

logger = logging.getLogger(__name__)

# An account's people come from many addresses.
ACCOUNT_VISITS: Final = 10
# Passwords can be guessed, so trying is slow, whatever the operator allows otherwise.
LOGINS: Final = Limit(10, 60)
# A second step's codes have six digits, three of which count: of those who know the password one in 700 gets in a day.
# Passkeys and recovery codes can't be guessed, and are counted apart, so that they still count then.
CODES: Final = Limit(5, 900)
OTHER_SECONDS: Final = Limit(30, 600)
# Who has logged in from an address is known there for so long.
KNOWN_FOR: Final = dt.timedelta(days=30)
# A file of samples takes a second of a process that serves everybody.
DOWNLOADS: Final = Limit(10, 60)
# Tokens can't be guessed. Who goes on with a wrong one is told so less and less often.
FAILURES: Final = Limit(60, 60)


class AccountThrottle(BaseThrottle):
    """All requests with an account's tokens together: `MEET_API_REQUESTS_PER_SECOND`, 0 for any number.

    Of visits, logins and wrong tokens it depends on more than the request how they count: see the functions below.
    """

    _wait_s = 0

    def allow_request(self, request: Request, view: APIView) -> bool:  # noqa: ARG002 - the framework's signature
        """Count a request. Who says who they are has passed the view's permissions, so the caller is there."""
        allowed = settings.CONFIG.api_requests_per_second
        if allowed:
            caller: Any = request.auth  # a `meet.api.authentication.Caller`
            self._wait_s = take(f"account:{caller.account.pk}", Limit(allowed, 1), timezone.now())
        return not self._wait_s

    def wait(self) -> float:
        """In how many whole seconds the same request is all right."""
        return self._wait_s


def too_many_requests(wait_s: int) -> TooManyRequests:
    """What an account hears that asks too often."""
    return TooManyRequests(
        f"Too many requests: an account may make {settings.CONFIG.api_requests_per_second} a second.",
        wait_s,
        hint="Wait as long as the header Retry-After says, then send the request again.",
    )


def count_visit(request: HttpRequest, account: Account, now: dt.datetime, *, token: bool) -> None:
    """Somebody opens a room's page, or asks for another ticket. Raises `TooManyRequests`.

    Who has a token is counted apart from those who have none, so that these can't keep them out.
    """
    allowed = settings.CONFIG.joins_per_minute
    if not allowed:
        return
    kind, address = "token" if token else "link", client_address(request)
    # The address first: what is refused there is not counted for the account.
    limits = {f"visits:{kind}:{address}": allowed} if address else {}
    limits[f"visits:{kind}:account:{account.pk}"] = allowed * ACCOUNT_VISITS
    for key, most in limits.items():
        wait_s = take(key, Limit(most, 60), now)
        if wait_s:
            raise TooManyRequests(
                "Too many people are coming in at the moment.", wait_s, hint="Try again in a few seconds."
            )


def count_download(account: Account, now: dt.datetime) -> None:
    """Somebody of an account has a large file made. Raises `TooManyRequests`."""
    wait_s = take(f"download:account:{account.pk}", DOWNLOADS, now)
    if wait_s:
        raise TooManyRequests(
            f"Too many downloads: an account may have {DOWNLOADS.requests} files of samples a minute.",
            wait_s,
            hint="Wait as long as the header Retry-After says, or ask for the list of samples part by part.",
        )


def count_failure(request: HttpRequest, now: dt.datetime) -> None:
    """A request with a wrong token. Raises `TooManyRequests`; a right token still counts at that address."""
    if not settings.CONFIG.api_requests_per_second:
        return
    wait_s = take(f"failed:{client_address(request)}", FAILURES, now)
    if wait_s:
        raise TooManyRequests("Too many requests with a wrong token came from this address.", wait_s)


def count_second_step(user_id: int, now: dt.datetime, *, guessable: bool) -> None:
    """Somebody who has given a password tries a code, a recovery code or a passkey. Raises `TooManyRequests`."""
    kind, limit = ("code", CODES) if guessable else ("second", OTHER_SECONDS)
    wait_s = take(f"{kind}:{user_id}", limit, now)
    if wait_s:
        logger.warning("Too many second steps for user %d.", user_id)
        raise TooManyRequests("Too many codes have been tried.", wait_s)


def count_login(username: str, request: HttpRequest, now: dt.datetime) -> None:
    """Somebody tries a password. Raises `TooManyRequests`.

    Right ones count, too: otherwise many could be tried at the same moment. Where somebody has logged in lately they
    are counted apart, so that strangers who try their name again and again don't keep them out.
    """
    name, address = hashlib.sha256(username.lower().encode()).hexdigest(), client_address(request)
    wait_s = take(f"login-from:{address}", LOGINS, now)
    if not wait_s:
        wait_s = take(f"login:{name}", LOGINS, now)
        if wait_s and address and has_logged_in(username, address, now - KNOWN_FOR):
            wait_s = take(f"login:{name}:{address}", LOGINS, now)
    if wait_s:
        logger.warning("Too many logins for %.150r, or from %s.", username, address)
        raise TooManyRequests(
            f"Too many logins: {LOGINS.requests} a minute are allowed.",
            wait_s,
            hint="Keep the tokens, and get new ones from /auth/jwt/refresh.",
        )
