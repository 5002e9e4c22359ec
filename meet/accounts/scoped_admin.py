"""The admin of what belongs to accounts: each page shows members what their role allows, strangers find nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.conf import settings
from django.contrib.admin import RelatedFieldListFilter
from django.http import Http404
from unfold.admin import ModelAdmin, TabularInline

from meet.accounts.audited import Audited
from meet.accounts.export import Exported
from meet.accounts.lists import Listed
from meet.accounts.models import Account
from meet.accounts.scope import ADMINS, account_at, accounts_of, is_operator, may, objects_of, roles_of

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from django.db.models import ForeignKey, Model, QuerySet
    from django.forms import ModelChoiceField
    from django.http import HttpRequest
    from django.utils.functional import _StrOrPromise

_ROLES: Final = "_roles_of_visitor"


class _Scoped:
    """What pages and inlines have in common. Django's own permissions don't count here, roles do.

    `account_path` is the lookup from the model to its account, `see` and `edit` who may do what.
    """

    account_path: ClassVar[str] = "account"
    see: ClassVar[AbstractSet[str]] = ADMINS
    edit: ClassVar[AbstractSet[str]] = ADMINS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Only what belongs to the visitor's accounts."""
        objects: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        return objects_of(objects, self.account_path, request.user, self.see)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request, None, self.see)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, obj, self.see)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, obj, self.edit)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, obj, self.edit)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, obj, self.edit)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        """Accounts to choose from are the visitor's; one alone is chosen already."""
        if db_field.related_model is Account:
            kwargs["queryset"] = mine = accounts_of(request.user, self.edit)
            kwargs.setdefault("initial", mine.first() if mine.count() == 1 else None)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc, no-any-return]

    def _may(self, request: HttpRequest, obj: Model | None, roles: AbstractSet[str]) -> bool:
        if obj is None or obj.pk is None:
            return is_operator(request.user) or not roles.isdisjoint(_roles_of(request))
        return may(request.user, self._account(obj), roles)

    def _account(self, obj: Model) -> Account:
        return account_at(obj, self.account_path)


def _roles_of(request: HttpRequest) -> frozenset[str]:
    """The visitor's, looked up once: a page asks dozens of times what they may do."""
    found: frozenset[str] | None = getattr(request, _ROLES, None)
    if found is None:
        found = roles_of(request.user)
        setattr(request, _ROLES, found)
    return found


class ScopedAdmin(Audited, Exported, Listed, _Scoped, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """A page of things that belong to accounts. Who may not see a thing gets the same 404 as for one that is not."""

    compressed_fields = False
    # What will be in the list, for who sees an empty one.
    when_empty: _StrOrPromise = ""
    # The setting that says for how many days these things are kept.
    kept_days: ClassVar[str] = ""
    list_before_template = "admin/lists/kept.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list, with a line that says for how long things stay in it."""
        kept: dict[str, Any] = {}
        if self.kept_days:
            kept = {"kept_days": getattr(settings.CONFIG, self.kept_days), "kept_by": f"MEET_{self.kept_days.upper()}"}
        return super().changelist_view(request, {**(extra_context or {}), **kept})

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The object. Django would answer with a redirection, and with what was asked for."""
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Nothing moves from one account to another."""
        fields = list(super().get_readonly_fields(request, obj))
        return [*fields, self.account_path] if obj is not None and self.account_path in self._fields() else fields

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], Any]:
        """Who may delete a thing may delete what belongs to it, also what cannot be deleted alone."""
        to_delete, counts, needed, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, needed & {self.opts.verbose_name}, protected

    def audited_accounts(self, obj: Any) -> list[Account]:
        return [self._account(obj)]

    def _fields(self) -> set[str]:
        return {field.name for field in self.opts.get_fields()}


class WrittenAdmin(ScopedAdmin):
    """A page of what the software writes: people only look at it. It goes with what it belongs to."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Alone, by the operator only."""
        del obj
        return is_operator(request.user)


class ScopedTabularInline(_Scoped, TabularInline):  # type: ignore[misc]
    """A table of an account's things on another page; `obj` is what that page is about."""

    extra = 0

    def _account(self, obj: Model) -> Account:
        return account_at(obj, "" if isinstance(obj, Account) else self.account_path)


class AccountFilter(RelatedFieldListFilter):
    """Offers the visitor's accounts, where Django would offer all."""

    def field_choices(
        self,
        field: Any,  # noqa: ARG002 - Django's signature
        request: HttpRequest,
        model_admin: Any,
    ) -> list[tuple[str, Any]]:
        """Keys and names."""
        return [(str(account.pk), account.name) for account in accounts_of(request.user, model_admin.see)]
