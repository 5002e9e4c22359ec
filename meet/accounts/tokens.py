"""Participants' tokens (RFC 7519): signed attributes that a link carries along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import jwt

from meet.errors import AppError

if TYPE_CHECKING:
    from meet.accounts.keys import SigningKey

LEEWAY_S: Final = 10
# As any text in a link (`meet.attributes.values`).
MAX_LENGTH: Final = 4096


class TokenRefusedError(AppError):
    """A token that does not open this room."""

    status = 403

    def __init__(self, message: str, hint: str = "Ask for a new link.") -> None:
        super().__init__("tokenInvalid", message, hint=hint)


def verify(token: str, key: SigningKey | None, room_id: str) -> dict[str, Any]:
    """The claims of a token for this room. Raises `TokenRefusedError`.

    `exp` and `nbf` count; `iat` does not, since the tutorial allows it in milliseconds and as text.
    """
    if key is None:
        raise TokenRefusedError("Invalid token", "Operators: set MEET_JWT_KEY to the key that tokens are signed with.")
    if len(token) > MAX_LENGTH:
        raise TokenRefusedError("Invalid token")
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm],
            leeway=LEEWAY_S,
            options={"verify_iat": False, "verify_aud": False, "verify_sub": False, "verify_jti": False},
        )
    except jwt.ExpiredSignatureError as error:
        raise TokenRefusedError("The token in this link has expired.") from error
    except jwt.ImmatureSignatureError as error:
        raise TokenRefusedError("The token in this link is not valid yet.", "Try again later.") from error
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise TokenRefusedError("Invalid token") from error
    bound_to = claims.get("roomId")
    if bound_to is not None and str(bound_to) != room_id:
        raise TokenRefusedError("The token in this link is for another room.")
    return claims
