"""Participants' tokens (RFC 7519): signed attributes that a link carries along."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, Final

import jwt

from meet.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jwt.types import Options

    from meet.accounts.keys import VerificationKey

LEEWAY_S: Final = 10
# As any text in a link (`meet.attributes.values`).
MAX_LENGTH: Final = 4096
# Unix times below this are seconds (as in RFC 7519), from it on milliseconds: in seconds it is the year 5138.
FIRST_MILLISECONDS: Final = 100_000_000_000
# Claims that we do not use, or that the tutorial writes in its own way (`iat`: milliseconds or ISO 8601).
_UNCHECKED: Final[Options] = {
    "verify_iat": False,
    "verify_aud": False,
    "verify_sub": False,
    "verify_jti": False,
    # Checked here, so that a refusal can say what is wrong with them.
    "verify_exp": False,
    "verify_nbf": False,
}


class TokenRefusedError(AppError):
    """A token that does not open this room."""

    status = 403

    def __init__(
        self, message: str, hint: str = "Ask for a new link.", code: str = "tokenInvalid", claim: str = ""
    ) -> None:
        """`claim` is the one that can't be read, where that is why."""
        super().__init__(code, message, hint=hint, data={"claim": claim} if claim else {})


def verify(token: str, keys: Sequence[VerificationKey], room_id: str, grace_s: int = 0) -> dict[str, Any]:
    """The claims of a token for this room. Raises `TokenRefusedError`.

    A `kid` in the token's header chooses among the keys, without one each is tried. `exp` and `nbf` count, in seconds
    since 1970; `iat` does not. `exp` is over `grace_s` later, for who was in the room already.
    """
    if not keys:
        raise TokenRefusedError("Invalid token", "Operators: add the key that tokens are signed with to the account.")
    if len(token) > MAX_LENGTH:
        raise TokenRefusedError("Invalid token")
    try:
        claims = _decode(token, keys)
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise TokenRefusedError("Invalid token") from error
    _check_times(claims, time.time(), grace_s)
    bound_to = claims.get("roomId")
    if bound_to is not None and _text(bound_to) != room_id:
        known = isinstance(bound_to, str | int | float) and not isinstance(bound_to, bool)
        hint = "Ask for a new link." if known else "Integrators: roomId in a token must be a text, such as team42."
        raise TokenRefusedError("The token in this link is for another room.", hint, "tokenOtherRoom")
    return claims


def _check_times(claims: Mapping[str, Any], now_s: float, grace_s: int) -> None:
    """Raise `TokenRefusedError` unless `exp` and `nbf`, where there are any, say that the token counts (RFC 7519)."""
    ends, begins = _seconds(claims, "exp"), _seconds(claims, "nbf")
    if ends is not None and ends + grace_s <= now_s - LEEWAY_S:
        raise TokenRefusedError("The token in this link has expired.", code="tokenExpired")
    if begins is not None and begins > now_s + LEEWAY_S:
        raise TokenRefusedError("The token in this link is not valid yet.", "Try again later.", "tokenNotYet")


def _seconds(claims: Mapping[str, Any], name: str) -> float | None:
    """A NumericDate (RFC 7519 section 2), also as text. Raises `TokenRefusedError` for anything else, null too."""
    if name not in claims:
        return None
    given = claims[name]
    try:
        seconds = math.nan if isinstance(given, bool) else float(given)
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if not 0 <= seconds < FIRST_MILLISECONDS:  # nor NaN, which is neither
        unit = ", not milliseconds" if seconds > 0 else ""
        hint = f"{name} must be seconds since 1970 (RFC 7519){unit}."
        raise TokenRefusedError("Invalid token", hint, claim=name)
    return seconds


def _text(value: Any) -> str:
    """A room's id as a text: a number that JSON wrote with a fraction of zeros is the whole number."""
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def mint(claims: dict[str, Any], algorithm: str, key: str | bytes, kid: str = "") -> str:
    """A token signed with a secret or a private key in PEM. Raises `jwt.PyJWTError` or `ValueError` for a wrong key."""
    return jwt.encode(claims, key, algorithm, headers={"kid": kid} if kid else None)


def _decode(token: str, keys: Sequence[VerificationKey]) -> dict[str, Any]:
    kid = jwt.get_unverified_header(token).get("kid")
    for key in keys:
        if kid is not None and key.kid not in {"", kid}:
            continue
        try:
            return jwt.decode(token, key.key, algorithms=[key.algorithm], leeway=LEEWAY_S, options=_UNCHECKED)
        except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError):
            continue
    raise jwt.InvalidSignatureError
