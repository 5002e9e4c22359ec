"""Who may see and do what with accounts' things: the operator everything, members what their role in each allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from meet.accounts.models import Account, Membership, Role

if TYPE_CHECKING:
    from collections.abc import Container

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser
    from django.db.models import Model, QuerySet

    Visitor: TypeAlias = AbstractBaseUser | AnonymousUser
    M = TypeVar("M", bound=Model)

ANYBODY: Final = frozenset(Role)
ADMINS: Final = frozenset({Role.OWNER, Role.ADMIN})
OWNERS: Final = frozenset({Role.OWNER})
# From the least that one may do to the most.
_RANKS: Final = (Role.VIEWER, Role.ADMIN, Role.OWNER)


def is_operator(user: Visitor) -> bool:
    """Whether somebody runs this installation: Django's superusers."""
    return user.is_active and bool(getattr(user, "is_superuser", False))


def accounts_of(user: Visitor, roles: Container[str] = ANYBODY) -> QuerySet[Account]:
    """The accounts in which somebody has one of these roles; all for the operator."""
    if is_operator(user):
        return Account.objects.all()
    if not user.is_active:
        return Account.objects.none()
    memberships = Membership.objects.filter(user_id=user.pk, role__in=[role for role in Role if role in roles])
    return Account.objects.filter(pk__in=memberships.values("account_id"))


def roles_of(user: Visitor) -> frozenset[str]:
    """The roles that somebody has, each in some account."""
    if user.pk is None or not user.is_active:
        return frozenset()
    return frozenset(Membership.objects.filter(user_id=user.pk).values_list("role", flat=True))


def objects_of(objects: QuerySet[M], path: str, user: Visitor, roles: Container[str]) -> QuerySet[M]:
    """Those objects whose account is one of somebody's. `path` is the lookup that finds it, empty for accounts."""
    if is_operator(user):
        return objects
    return objects.filter(**{f"{path or 'pk'}__in": accounts_of(user, roles)})


def may(user: Visitor, account: Account, roles: Container[str]) -> bool:
    """Whether somebody has one of these roles in an account, or is the operator."""
    return accounts_of(user, roles).filter(pk=account.pk).exists()


def role_in(user: Visitor, account: Account) -> Role | None:
    """Somebody's role in an account, the operator's too; None for a stranger."""
    if is_operator(user):
        return Role.OWNER
    if user.pk is None or not user.is_active:
        return None
    membership = Membership.objects.filter(user_id=user.pk, account=account).first()
    return Role(membership.role) if membership is not None else None


def roles_to_give(user: Visitor, account: Account) -> list[Role]:
    """Which roles somebody may give to others, people or API tokens: none above their own."""
    role = role_in(user, account)
    return list(_RANKS[: _RANKS.index(role) + 1]) if role is not None else []


def roles_to_give_somewhere(user: Visitor) -> frozenset[Role]:
    """Which roles somebody may give to others in any of their accounts."""
    highest = Role.OWNER if is_operator(user) else max(map(Role, roles_of(user)), key=_RANKS.index, default=None)
    return frozenset(_RANKS[: _RANKS.index(highest) + 1]) if highest is not None else frozenset()


def account_at(obj: Any, path: str) -> Account:
    """The account of an object, by the same lookup."""
    for name in filter(None, path.split("__")):
        obj = getattr(obj, name)
    return obj  # type: ignore[no-any-return]
