"""Logging in for a Bearer token, and getting a new one in time.

Each refresh token counts once: with it comes the next one. If one comes a second time, two parties have it and one of
them has stolen it, so the login ends (RFC 9700 section 4.14.2). With a login all its tokens end, access tokens at once:
each request with one looks whether its login is still there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from django.contrib.auth import authenticate
from django.contrib.auth.models import User

from meet.accounts.second_factor.policy import needs_second_factor
from meet.api.bearer import LIFETIMES, Claims, decode, encode, fingerprint, is_fingerprint, new_token_id
from meet.api.models import Login
from meet.errors import Forbidden, Unauthorized

if TYPE_CHECKING:
    import datetime as dt

MAX_LOGINS: Final = 100
PRUNED_AT_ONCE: Final = 50


@dataclass(frozen=True)
class Tokens:
    """A pair as it is handed out."""

    access: str
    refresh: str


def username_of(name: str) -> str:
    """The user whom a name means: their username, or their e-mail address where nobody else has it."""
    if "@" in name and not User.objects.filter(username=name).exists():
        found = list(User.objects.filter(email__iexact=name).values_list("username", flat=True)[:2])
        if len(found) == 1:
            return found[0]
    return name


def do_login(username: str, password: str, now: dt.datetime) -> Tokens:
    """Tokens for somebody who knows their password; of too many logins the oldest ends.

    Raises `Unauthorized`, and `Forbidden` for who needs a second step, which there is none of here.
    """
    user = authenticate(username=username, password=password)
    if not isinstance(user, User):
        raise Unauthorized("loginFailed", "The username or the password is wrong.")
    if needs_second_factor(user):
        raise Forbidden(
            "secondStepRequired",
            "This login needs a second step, which the Server API does not have.",
            hint="Use an API token: make one in the admin, or with manage.py create_api_token.",
        )
    _prune(user, now)
    token_id = new_token_id()
    login = Login.objects.create(user=user, current=token_id, created_at=now, expires_at=now + LIFETIMES["refresh"])
    return _tokens(Claims(user.pk, login.pk, token_id, fingerprint(user)), now)


def do_refresh(refresh: str, now: dt.datetime) -> Tokens:
    """The next pair. Raises `Unauthorized`. Of several requests with the same token one gets it."""
    claims = decode("refresh", refresh, now)
    user = user_of(claims)
    _check_password_is_enough(user)
    login = Login.objects.filter(pk=claims.login_id, user_id=claims.user_id)
    token_id = new_token_id()
    renewed = login.filter(current=claims.token_id).update(current=token_id, expires_at=now + LIFETIMES["refresh"])
    if not renewed:
        login.delete()
        raise Unauthorized(
            "tokenInvalid", "This refresh token has been used before.", hint="Log in again at /auth/jwt/login."
        )
    return _tokens(replace(claims, token_id=token_id, password=fingerprint(user)), now)


def do_logout(refresh: str, now: dt.datetime, *, everywhere: bool = False) -> User:
    """End the login that a refresh token belongs to, or all of that user's, with all their tokens; whose it was.

    Raises `Unauthorized` for what is no token of ours. One that has been used or has ended before ends its login, too:
    asking twice does no harm.
    """
    claims = decode("refresh", refresh, now)
    user = user_of(claims)
    theirs = Login.objects.filter(user=user)
    (theirs if everywhere else theirs.filter(pk=claims.login_id)).delete()
    return user


def user_in_session(claims: Claims) -> User:
    """Whose access token it is. Raises `Unauthorized` also where the login that it comes from has ended."""
    user = user_of(claims)
    _check_password_is_enough(user)
    if not Login.objects.filter(pk=claims.login_id, user=user).exists():
        raise Unauthorized(
            "tokenInvalid",
            "The login that this token belongs to has ended.",
            hint="Log in again at /auth/jwt/login.",
        )
    return user


def user_of(claims: Claims) -> User:
    """Whose token it is. Raises `Unauthorized` for somebody who is gone or deactivated or has another password."""
    user = User.objects.filter(pk=claims.user_id, is_active=True).first()
    if user is None or not is_fingerprint(claims.password, user):
        raise Unauthorized(
            "tokenInvalid", "This token does not count any more.", hint="Log in again at /auth/jwt/login."
        )
    return user


def _check_password_is_enough(user: User) -> None:
    """Raise `Unauthorized` for who has set a second step up since they logged in, or must have one since."""
    if needs_second_factor(user):
        raise Unauthorized(
            "tokenInvalid",
            "This login was made with a password alone, which is not enough for this user any more.",
            hint="Use an API token: make one in the admin, or with manage.py create_api_token.",
        )


def _tokens(claims: Claims, now: dt.datetime) -> Tokens:
    access = replace(claims, token_id=new_token_id())
    return Tokens(encode("access", access, now), encode("refresh", claims, now))


def _prune(user: User, now: dt.datetime) -> None:
    """Room for one more login of somebody, and logins that are over forgotten, some at a time."""
    theirs = Login.objects.filter(user=user).order_by("-pk").values_list("pk", flat=True)
    over = Login.objects.filter(expires_at__lt=now).values_list("pk", flat=True)[:PRUNED_AT_ONCE]
    Login.objects.filter(pk__in=[*theirs[MAX_LOGINS - 1 : MAX_LOGINS + PRUNED_AT_ONCE], *over]).delete()
