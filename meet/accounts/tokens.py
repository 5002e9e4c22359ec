"""Participants' tokens (RFC 7519): signed attributes that a link carries along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import jwt

from meet.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwt.types import Options

    from meet.accounts.keys import VerificationKey

LEEWAY_S: Final = 10
# As any text in a link (`meet.attributes.values`).
MAX_LENGTH: Final = 4096
# Unix times below this are seconds (as in RFC 7519), from it on milliseconds: in seconds it is the year 5138.
FIRST_MILLISECONDS: Final = 100_000_000_000
# Claims that we do not use, or that the tutorial writes in its own way (`iat`: milliseconds or ISO 8601).
_UNCHECKED: Final[Options] = {"verify_iat": False, "verify_aud": False, "verify_sub": False, "verify_jti": False}


class TokenRefusedError(AppError):
    """A token that does not open this room."""

    status = 403

    def __init__(self, message: str, hint: str = "Ask for a new link.") -> None:
        super().__init__("tokenInvalid", message, hint=hint)


def verify(token: str, keys: Sequence[VerificationKey], room_id: str) -> dict[str, Any]:
    """The claims of a token for this room. Raises `TokenRefusedError`.

    A `kid` in the token's header chooses among the keys, without one each is tried. `exp` and `nbf` count, in seconds
    since 1970; `iat` does not.
    """
    if not keys:
        raise TokenRefusedError("Invalid token", "Operators: add the key that tokens are signed with to the account.")
    if len(token) > MAX_LENGTH:
        raise TokenRefusedError("Invalid token")
    try:
        claims = _decode(token, keys)
    except jwt.ExpiredSignatureError as error:
        raise TokenRefusedError("The token in this link has expired.") from error
    except jwt.ImmatureSignatureError as error:
        raise TokenRefusedError("The token in this link is not valid yet.", "Try again later.") from error
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise TokenRefusedError("Invalid token") from error
    if any(int(claims.get(name, 0)) >= FIRST_MILLISECONDS for name in ("exp", "nbf")):
        raise TokenRefusedError("Invalid token", "exp and nbf are seconds since 1970 (RFC 7519), not milliseconds.")
    bound_to = claims.get("roomId")
    if bound_to is not None and str(bound_to) != room_id:
        raise TokenRefusedError("The token in this link is for another room.")
    return claims


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
