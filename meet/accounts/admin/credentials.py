"""Signing keys, which verify participants' tokens, and API tokens. Both are shown to nobody once they are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.template.response import TemplateResponse

from meet.accounts.api_tokens import equip, text_of
from meet.accounts.lists import shortened
from meet.accounts.models import ApiToken, Role, SigningKey
from meet.accounts.scope import roles_to_give, roles_to_give_somewhere
from meet.accounts.scoped_admin import AccountFilter, ScopedAdmin
from meet.accounts.secret_field import SecretTextarea

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from meet.accounts.scope import Visitor

NOT_YOURS = "Your own role does not allow that."


@admin.register(SigningKey)
class SigningKeyAdmin(ScopedAdmin):
    """A key is added, and later retires or goes; it is never changed."""

    when_empty = "Participants' tokens are verified with a key: who is a moderator, who may enter."
    list_display = (shortened("kid", "key ID"), "algorithm", "account", "active", "retires_at", "created_at")
    list_filter = (("account", AccountFilter), "active", "algorithm")
    search_fields = ("kid",)
    fields = ("account", "kid", "algorithm", "active", "retires_at")
    add_fieldsets = ((None, {"fields": ("account", "key", "algorithm", "kid")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = [] if obj is None else ["kid", "algorithm"]
        return [*super().get_readonly_fields(request, obj), *fixed]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The key itself can only be typed."""
        if db_field.name == "key":
            kwargs["widget"] = SecretTextarea()
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class ApiTokenForm(forms.ModelForm):  # type: ignore[type-arg]
    """Nobody gives a token a higher role than their own."""

    visitor: Visitor

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "role" in self.fields:
            given = roles_to_give_somewhere(self.visitor)
            self.fields["role"].error_messages["invalid_choice"] = NOT_YOURS
            self.fields["role"].choices = [choice for choice in Role.choices if choice[0] in given]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The role in the account that was chosen."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        account, role = cleaned.get("account"), cleaned.get("role")
        if account and role and Role(role) not in roles_to_give(self.visitor, account):
            raise ValidationError({"role": NOT_YOURS})
        return cleaned


@admin.register(ApiToken)
class ApiTokenAdmin(ScopedAdmin):
    """A token is shown on the page that follows its creation, and nowhere else."""

    when_empty = "Your servers ask and command with a token (Server API)."
    form = ApiTokenForm
    list_display = (shortened("name", "name"), "account", "role", "created_at", "expires_at", "last_used_at")
    list_filter = (("account", AccountFilter), "role")
    search_fields = ("name",)
    fields = ("account", "name", "role", "expires_at", "last_used_at")
    readonly_fields = ("last_used_at",)
    add_fieldsets = ((None, {"fields": ("account", "name", "role", "expires_at")}),)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        """The form, knowing who fills it in."""
        form = super().get_form(request, obj, change, **kwargs)
        return type("ApiTokenForm", (form,), {"visitor": request.user})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = [] if obj is None else ["role"]
        return [*super().get_readonly_fields(request, obj), *fixed]

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """A new token gets its secret."""
        if not change:
            equip(obj)
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        """The token, at once: what is kept for the next page would be kept in a cookie or a session."""
        del post_url_continue
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "A new API token",
            "token": text_of(obj),
            "name": obj.name,
        }
        return TemplateResponse(request, "admin/accounts/api_token_created.html", context)
