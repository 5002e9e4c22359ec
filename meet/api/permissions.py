"""Who may ask what of the Server API: the permission classes of its views, by somebody's role in the account.

An API token has a role as a person has one. What is refused becomes an error in `ServerView.permission_denied`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rest_framework.permissions import SAFE_METHODS, BasePermission

from meet.accounts.scope import ADMINS, ANYBODY
from meet.api.authentication import Caller

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from rest_framework.request import Request
    from rest_framework.views import APIView

    from meet.accounts.models import Role


class HasRole(BasePermission):
    """Those who have one of `readers` in the account may read (GET and HEAD), those of `writers` all else."""

    readers: ClassVar[AbstractSet[Role]] = frozenset()
    writers: ClassVar[AbstractSet[Role]] = frozenset()

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002 - the framework's signature
        """Whether somebody may; nobody who has not said who they are."""
        roles = self.readers if request.method in SAFE_METHODS else self.writers
        return isinstance(request.auth, Caller) and request.auth.role in roles


class IsAdmin(HasRole):
    """Owners and admins of the account, and programs with these roles."""

    readers = writers = ADMINS


class IsAdminOrReadOnly(HasRole):
    """Everybody in the account may read, its owners and admins may change something."""

    readers = ANYBODY
    writers = ADMINS
