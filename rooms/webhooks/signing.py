"""Signatures that receivers can check, as the Standard Webhooks specification has them (version 1.0.0)."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING, Final

from standardwebhooks import Webhook

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

PREFIX: Final = "whsec_"
# The specification asks for 24 to 64.
SECRET_BYTES: Final = 32


def new_secret() -> str:
    """A random one, `whsec_…`."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def new_message_id() -> str:
    """What tells one event from all others: the header `webhook-id`."""
    return f"msg_{secrets.token_hex(16)}"


def signed(message_id: str, body: str, keys: Iterable[str], now: dt.datetime) -> dict[str, str]:
    """The three headers for an attempt at `now` (UTC), with one signature for each secret."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Webhook(key).sign(message_id, now, body) for key in keys),
    }
