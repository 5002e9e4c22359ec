"""When a participant's token was first used, which its `tokenLifetime` counts from. Survives restarts."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING, Final

from meet.accounts.models import TokenUse

if TYPE_CHECKING:
    from meet.accounts.models import Account

# A token that is older than this could be used anew, if its `exp` allows that.
KEPT: Final = dt.timedelta(days=400)
PRUNED_AT_ONCE: Final = 50


def token_hash(token: str) -> str:
    """What a token is known by: the part that is signed, however its signature is spelt (RFC 4648 section 3.5)."""
    return hashlib.sha256(token.rpartition(".")[0].encode()).hexdigest()


def first_use_ms(account: Account, token: str) -> int | None:
    """When a token was used first, as Unix time in ms; None if it never was."""
    use = TokenUse.objects.filter(account=account, hash=token_hash(token)).first()
    return None if use is None else round(use.first_used_at.timestamp() * 1000)


def note_use(account: Account, token: str, now: dt.datetime) -> None:
    """A token is used: from the first time on it stays as it is. Uses of long ago are forgotten."""
    _, new = TokenUse.objects.get_or_create(account=account, hash=token_hash(token), defaults={"first_used_at": now})
    if new:
        old = TokenUse.objects.filter(first_used_at__lt=now - KEPT).values_list("pk", flat=True)[:PRUNED_AT_ONCE]
        TokenUse.objects.filter(pk__in=list(old)).delete()
