"""Who has a second factor, and who must have one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q

from meet.accounts.models import Membership, SecondFactor, SecondFactorPolicy
from meet.accounts.scope import ADMINS

if TYPE_CHECKING:
    from meet.accounts.scope import Visitor


def factor_of(user: Visitor) -> SecondFactor | None:
    """Somebody's second factor, where they have finished setting it up."""
    return SecondFactor.objects.filter(user_id=user.pk or 0, active=True).first()


def is_required(user: Visitor) -> bool:
    """Whether one of somebody's accounts, or the operator of superusers, wants a second factor of them."""
    if settings.CONFIG.superusers_second_factor and getattr(user, "is_superuser", False):
        return True
    wanted = Q(account__second_factor=SecondFactorPolicy.ALL) | Q(
        account__second_factor=SecondFactorPolicy.ADMINS, role__in=ADMINS
    )
    return Membership.objects.filter(wanted, user_id=user.pk or 0).exists()


def needs_second_factor(user: Visitor) -> bool:
    """Whether a password alone does not log somebody in: they have a second factor, or must have one."""
    return factor_of(user) is not None or is_required(user)
