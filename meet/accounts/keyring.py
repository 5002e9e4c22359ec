"""Which keys count for an account at a moment: its own, and for the default account the operator's too."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from meet.accounts.keys import VerificationKey, load_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from meet.accounts.keys import Algorithm
    from meet.accounts.models import Account


def keys_of(account: Account) -> Sequence[VerificationKey]:
    """The keys that count for an account at the moment; for the default account also the operator's own."""
    rows = account.signing_keys.filter(in_use_at(timezone.now()))
    keys = [VerificationKey(row.kid, cast("Algorithm", row.algorithm), row.key.encode()) for row in rows]
    if account.is_default and settings.CONFIG.jwt_key:
        keys.append(load_key(settings.CONFIG.jwt_key))
    return keys


def secret_until(account: Account, moment: datetime) -> VerificationKey | None:
    """A secret of the account's that signs what counts until a moment, the newest; None where there is none."""
    row = account.signing_keys.filter(in_use_at(timezone.now()) & in_use_at(moment), algorithm="HS256").first()
    if row is not None:
        return VerificationKey(row.kid, "HS256", row.key.encode())
    operators = load_key(settings.CONFIG.jwt_key) if account.is_default and settings.CONFIG.jwt_key else None
    return operators if operators is not None and operators.algorithm == "HS256" else None


def in_use_at(moment: datetime) -> Q:
    """Which signing keys count at a moment."""
    return (Q(retires_at=None) | Q(retires_at__gt=moment)) & Q(active=True)
