"""The people of an account: users of the admin with a role in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from meet.accounts.models import Membership
from meet.accounts.scope import OWNERS, accounts_of, is_operator

if TYPE_CHECKING:
    from meet.accounts.models import Account, Role
    from meet.accounts.scope import Visitor


def check_person(username: str, password: str, email: str = "") -> User:
    """A new user, not yet kept. Raises Django's `ValidationError`."""
    user = User(username=username, email=email, is_staff=True)
    user.set_unusable_password()
    user.full_clean()
    validate_password(password, user)
    user.set_password(password)
    return user


def may_set_password(visitor: Visitor, user: User) -> bool:
    """Whether somebody may set a user's password: all that the user can do must be theirs to give.

    Owners of an account may, unless the user is a member of an account that is not theirs as well.
    """
    if is_operator(visitor):
        return True
    if user.is_superuser:
        return False
    theirs = accounts_of(visitor, OWNERS).values("pk")
    return not Membership.objects.filter(user=user).exclude(account__in=theirs).exists()


def do_add_person(account: Account, user: User, role: Role) -> Membership:
    """Give somebody, perhaps new, a role in an account; the role they had before goes."""
    with transaction.atomic():
        if user.pk is None or not user.is_staff:
            user.is_staff = True
            user.save()
        membership, _ = Membership.objects.update_or_create(account=account, user=user, defaults={"role": role})
    return membership
