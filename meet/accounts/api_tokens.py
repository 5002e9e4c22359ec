"""Permanent tokens for the Server API: `ID$HEX` (spec: Validation with Authorization Header)."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import TYPE_CHECKING, Final

from django.db.models import Q

from meet.accounts.models import ApiToken

if TYPE_CHECKING:
    from datetime import datetime

SECRET_OCTETS: Final = 64
_TOKEN: Final = re.compile(r"(\d{1,18})\$([0-9a-f]{128})")


def equip(token: ApiToken) -> None:
    """Give an unsaved token its secret."""
    token.secret = secrets.token_hex(SECRET_OCTETS)
    token.hash = _hash(token.secret)


def text_of(token: ApiToken) -> str:
    """What is shown once, after a token was equipped and saved."""
    return f"{token.pk}${token.secret}"


def find(text: str, now: datetime) -> ApiToken | None:
    """The token that somebody presents, unless it is wrong or has expired."""
    match = _TOKEN.fullmatch(text.strip())
    if match is None:
        return None
    number, secret = match.groups()
    unexpired = Q(expires_at=None) | Q(expires_at__gt=now)
    token = ApiToken.objects.select_related("account").filter(unexpired, pk=int(number)).first()
    # The secret is random and long, so a fast hash is as good as a slow one.
    return token if token is not None and hmac.compare_digest(token.hash, _hash(secret)) else None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
