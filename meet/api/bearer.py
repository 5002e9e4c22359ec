"""Access and refresh tokens (spec: Bearer Authentication): signed by us, for us alone.

The key comes from Django's `SECRET_KEY` and is not equal to it; with the audience it keeps them apart from
participants' tokens (`meet.accounts.tokens`), which accounts sign with keys of their own.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

import jwt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.crypto import constant_time_compare

from meet.errors import Unauthorized

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from jwt.types import Options

Kind = Literal["access", "refresh"]

LIFETIMES: Final[dict[Kind, dt.timedelta]] = {"access": dt.timedelta(hours=24), "refresh": dt.timedelta(days=30)}
AUDIENCE: Final = "meet server api"
ALGORITHM: Final = "HS256"
MAX_LENGTH: Final = 2048
_CLAIMS: Final = ("aud", "exp", "jti", "kind", "login", "password", "sub")


@dataclass(frozen=True)
class Claims:
    """What a token says. `password` is a fingerprint: with another password the token does not count any more."""

    user_id: int
    login_id: int
    token_id: str
    password: str


def new_token_id() -> str:
    """128 random bits."""
    return secrets.token_hex(16)


def fingerprint(user: User) -> str:
    """Of the user's password, as Django's sessions have it."""
    return str(user.get_session_auth_hash())


def is_fingerprint(text: str, user: User) -> bool:
    """Whether it is of the user's password, by our secret key or an older one."""
    known = (fingerprint(user), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(text, one) for one in known)


def encode(kind: Kind, claims: Claims, now: dt.datetime) -> str:
    """The token, which counts from now on for its kind's lifetime."""
    payload = {
        "aud": AUDIENCE,
        "kind": kind,
        "sub": str(claims.user_id),
        "login": claims.login_id,
        "jti": claims.token_id,
        "password": claims.password,
        "iat": int(now.timestamp()),
        "exp": int((now + LIFETIMES[kind]).timestamp()),
    }
    return jwt.encode(payload, _key(settings.SECRET_KEY), ALGORITHM)


def decode(kind: Kind, text: str, now: dt.datetime) -> Claims:
    """What a token of ours says. Raises `Unauthorized`: `tokenInvalid` or `tokenExpired`."""
    payload = _verified(text)
    if payload["kind"] != kind:
        raise Unauthorized(
            "tokenInvalid",
            f"This is no {kind} token.",
            hint="/auth/jwt/login answers with an access and a refresh token.",
        )
    if payload["exp"] <= now.timestamp():
        hint = "Get a new one from /auth/jwt/refresh." if kind == "access" else "Log in again at /auth/jwt/login."
        raise Unauthorized("tokenExpired", f"The {kind} token has expired.", hint=hint)
    return Claims(int(payload["sub"]), payload["login"], payload["jti"], payload["password"])


def _verified(text: str) -> dict[str, Any]:
    # The time is ours to check.
    options: Options = {"verify_exp": False, "verify_iat": False, "require": list(_CLAIMS)}
    if len(text) <= MAX_LENGTH:
        for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
            try:
                return jwt.decode(text, _key(secret), [ALGORITHM], options=options, audience=AUDIENCE)
            except (jwt.PyJWTError, ValueError, RecursionError):
                continue
    raise Unauthorized("tokenInvalid", "Invalid token.", hint="Log in again at /auth/jwt/login.")


@cache
def _key(secret: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"meet server api tokens").derive(secret.encode())
