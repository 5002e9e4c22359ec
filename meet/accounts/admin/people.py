"""People: users for the operator, and for owners who has which role in their accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from meet.accounts.admin.second_step import ResetsSecondStep
from meet.accounts.audit import accounts_with, actor_of, note
from meet.accounts.audited import Audited
from meet.accounts.lists import Listed, shortened
from meet.accounts.models import AuditEvent, Membership, Role
from meet.accounts.people import check_person, do_add_person, may_set_password
from meet.accounts.scope import OWNERS, is_operator
from meet.accounts.scoped_admin import AccountFilter, ScopedAdmin

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

    from meet.accounts.models import Account

admin.site.unregister(User)
admin.site.unregister(Group)


class MembershipInline(TabularInline):  # type: ignore[misc]  # unfold has no types
    """A user's accounts, for the operator."""

    model = Membership
    extra = 0
    tab = True


@admin.register(User)
class UserAdmin(ResetsSecondStep, Audited, Listed, DjangoUserAdmin, ModelAdmin):  # type: ignore[misc, type-arg]
    """Everybody who can log in. Django's groups and permissions are not used: roles in accounts are."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    inlines = (MembershipInline,)
    change_form_outer_before_template = "admin/accounts/user.html"
    list_display = ("username", "email", "is_superuser", "is_active", "last_login")
    list_filter = ("is_superuser", "is_active")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password", "email", "first_name", "last_name")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return super().get_inlines(request, obj) if obj is not None else ()

    def audited_accounts(self, obj: Any) -> list[Account]:
        return accounts_with(obj)

    def second_step_user(self, obj: Any) -> User:
        return obj  # type: ignore[no-any-return]


class NewPersonForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new user with a role in an account. Who is a user already is added by the operator: names tell of others."""

    username = forms.CharField(label="User name", max_length=150, widget=UnfoldAdminTextInputWidget)
    email = forms.EmailField(label="E-mail", required=False, widget=UnfoldAdminEmailInputWidget)
    password = forms.CharField(
        label="First password",
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="Tell it to the person, who can change it after logging in.",
    )

    class Meta:
        model = Membership
        fields = ("account", "role")

    def clean(self) -> dict[str, Any]:
        """Check the user that is to be made."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if {"username", "password"} <= cleaned.keys():
            try:
                self.instance.user = check_person(cleaned["username"], cleaned["password"], cleaned.get("email", ""))
            except ValidationError as error:
                named = hasattr(error, "error_dict")
                raise ValidationError(error.error_dict if named else {"password": error.error_list}) from error
        return cleaned


@admin.register(Membership)
class MembershipAdmin(ResetsSecondStep, ScopedAdmin):
    """An account's people, for its owners."""

    see = edit = OWNERS
    list_display = (shortened("user__username", "user"), "account", "role", "second_step")
    list_select_related = ("user__second_factor", "account")
    list_filter = (("account", AccountFilter), "role")
    search_fields = ("user__username", "user__email")
    change_form_outer_before_template = "admin/accounts/person.html"
    fields = ("account", "user", "role")
    add_fieldsets = ((None, {"fields": ("account", "username", "email", "password", "role")}),)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        """Another form for new people."""
        if obj is None:
            kwargs["form"] = NewPersonForm
        return super().get_form(request, obj, change, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = [] if obj is None else ["user"]
        return [*super().get_readonly_fields(request, obj), *fixed]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not of oneself: an account would be left without an owner."""
        return super().has_change_permission(request, obj) and self._not_oneself(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._not_oneself(request, obj)

    @admin.display(description="second step", boolean=True)
    def second_step(self, membership: Membership) -> bool:
        """Whether the login asks for one."""
        factor = getattr(membership.user, "second_factor", None)
        return factor is not None and factor.active

    def second_step_user(self, obj: Any) -> User:
        return obj.user  # type: ignore[no-any-return]

    def get_urls(self) -> list[URLPattern]:
        page: Any = self.admin_site.admin_view(self.set_password)
        page.model_admin = self  # as Django does with its own
        name = "accounts_membership_password"
        return [path("<path:object_id>/password/", page, name=name), *super().get_urls()]

    def set_password(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A new password for somebody of one's own accounts. Whoever is logged in with the old one is out."""
        membership = self.get_object(request, object_id)
        if not self.has_change_permission(request, membership):
            raise PermissionDenied
        user = membership.user
        address = reverse("admin:accounts_membership_change", args=(membership.pk,))
        if not may_set_password(request.user, user):
            text = "This person is also a member of other accounts, or runs the installation: its operator can help."
            self.message_user(request, text, messages.ERROR)
            return HttpResponseRedirect(address)
        form = AdminPasswordChangeForm(user, request.POST or None)
        form.fields.pop("usable_password", None)
        if request.method == "POST" and form.is_valid():
            form.save()
            what = f"of {user}"
            note(AuditEvent.Action.PASSWORD, actor_of(request), what, timezone.now(), accounts_with(user))
            self.message_user(request, "The new password counts. Tell it to the person.", messages.SUCCESS)
            return HttpResponseRedirect(address)
        context = {
            **self.admin_site.each_context(request),
            "title": "New password",
            "form": form,
            "original": user,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/auth/user/change_password.html", context)

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """With the new user first."""
        if change:
            super().save_model(request, obj, form, change)
        else:
            obj.pk = do_add_person(obj.account, obj.user, Role(obj.role)).pk

    def _not_oneself(self, request: HttpRequest, obj: Any) -> bool:
        return is_operator(request.user) or obj is None or obj.user_id != request.user.pk
