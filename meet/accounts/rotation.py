"""Signing keys that come and go: the new one counts at once, the old ones until integrators have changed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from meet.accounts.keyring import in_use_at
from meet.accounts.models import SigningKey

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from meet.accounts.models import Account


def do_add_key(account: Account, text: str, *, algorithm: str = "", kid: str = "") -> SigningKey:
    """Keep a key. Raises Django's `ValidationError` for a weak or wrong one, or a kid that the account has already."""
    key = SigningKey(account=account, key=text, algorithm=algorithm, kid=kid)
    key.full_clean()
    key.save()
    return key


def do_rotate_keys(
    account: Account, text: str, *, algorithm: str = "", kid: str = "", now: datetime, grace: timedelta
) -> tuple[SigningKey, Sequence[SigningKey]]:
    """Keep a key and let the account's others retire after a time of grace; what it keeps, and what retires."""
    with transaction.atomic():
        others = list(account.signing_keys.select_for_update().filter(in_use_at(now + grace)))
        key = do_add_key(account, text, algorithm=algorithm, kid=kid)
        account.signing_keys.filter(pk__in=[other.pk for other in others]).update(retires_at=now + grace)
    return key, others
