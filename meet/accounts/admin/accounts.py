"""Accounts with their options and domains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import URLField
from django.urls import reverse
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminImageFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from meet.accounts.advice import advice
from meet.accounts.keyring import keys_of
from meet.accounts.lists import shortened
from meet.accounts.logos import check_logo
from meet.accounts.models import Account, Domain
from meet.accounts.scope import OWNERS, is_operator, may
from meet.accounts.scoped_admin import ScopedAdmin, ScopedTabularInline
from meet.accounts.secret_field import SecretField

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest, HttpResponse

SECRETS = {"access_header": "Authorization header of the check"}


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """An account's options."""

    # Not Django's field for images: that would first open the file with any of Pillow's many decoders.
    logo = forms.FileField(
        label="Logo",
        required=False,
        widget=UnfoldAdminImageFieldWidget(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text="PNG, JPEG or WebP, 2 MB at most. Shown in a meeting's corner, 160 pixels high at most.",
    )
    language = forms.ChoiceField(
        label="Default language",
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="For who has no other.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "language" in self.fields:
            self.fields["language"].choices = [("", "The browser's"), *settings.LANGUAGES]  # type: ignore[attr-defined]
        for name, label in SECRETS.items():
            if name in self.fields:
                help_text = "Sent with each request, such as Basic dXNlcjpwYXNzd29yZA==. Never shown again."
                self.fields[name] = SecretField(kept=getattr(self.instance, name), label=label, help_text=help_text)

    def clean_logo(self) -> Any:
        """The picture drawn anew."""
        logo = self.cleaned_data["logo"]
        if not isinstance(logo, UploadedFile):
            return logo  # the one that is there, or False to remove it
        try:
            return check_logo(logo)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class DomainInline(ScopedTabularInline):
    """The host names that lead to an account."""

    model = Domain
    tab = True
    hide_title = True
    fields = ("host",)


@admin.register(Account)
class AccountAdmin(ScopedAdmin):
    """The operator makes accounts and names them; their people set the rest."""

    account_path = ""
    form = AccountForm
    inlines = (DomainInline,)
    list_display = (shortened("name", "name"), "hosts", "jwt_required", "created_at", "overview")
    search_fields = ("name", "domains__host")
    change_form_before_template = "admin/accounts/advice.html"
    warn_unsaved_form = True
    add_fieldsets = ((None, {"fields": ("name",)}),)
    fieldsets = (
        (None, {"fields": ("name",)}),
        (
            "Access",
            {
                "classes": ["tab"],
                "fields": (
                    "jwt_required",
                    "second_factor",
                    "token_grace_minutes",
                    "access_url",
                    "access_header",
                    "signed_addresses",
                    "videos_by_all",
                    "debug_attributes",
                ),
            },
        ),
        (
            "Recording",
            {
                "classes": ["tab"],
                "fields": ("auto_recording", "recording_visibility", "lasting_links", "keep_tracks_days"),
            },
        ),
        (
            "Interpretation",
            {"classes": ["tab"], "fields": ("interpretation", "interpreted_languages", "record_interpretation")},
        ),
        ("Events", {"classes": ["tab"], "fields": ("extended_webhook_bodies",)}),
        ("Servers", {"classes": ["tab"], "fields": ("default_node",)}),
        ("Looks", {"classes": ["tab"], "fields": ("brand_name", "logo", "contact", "language")}),
        ("Embedding", {"classes": ["tab"], "fields": ("embed_origins", "viewers_told")}),
    )

    @admin.display(description="domains")
    def hosts(self, account: Account) -> str:
        """The first few."""
        hosts = [domain.host for domain in account.domains.all()]
        return ", ".join(hosts[:3]) + (" …" if len(hosts) > 3 else "")

    @admin.display(description="overview")
    def overview(self, account: Account) -> str:
        """The admin's first page, of this account."""
        return format_html(
            '<a class="text-link" href="{}?account={}">{}</a>', reverse("admin:index"), account.pk, "Show"
        )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("domains")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Addresses and origins as they are best typed."""
        if isinstance(db_field, URLField):
            kwargs["assume_scheme"] = "https"
        if db_field.name in {"embed_origins", "interpreted_languages"}:
            rows = 5 if db_field.name == "embed_origins" else 12
            kwargs["widget"] = UnfoldAdminTextareaWidget({"rows": rows, "spellcheck": "false"})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> Any:
        return super().get_inlines(request, obj) if obj is not None else ()

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Names are the operator's: they are unique, so to choose one tells about other accounts.

        How people log in is the owners', as people are.
        """
        own = [] if is_operator(request.user) else ["name"]
        if isinstance(obj, Account) and not may(request.user, obj, OWNERS):
            own.append("second_factor")
        return [*super().get_readonly_fields(request, obj), *own]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        del obj
        return is_operator(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_operator(request.user) and not (isinstance(obj, Account) and obj.is_default)

    def get_actions(self, request: HttpRequest) -> Any:
        """An account goes with all that it has, so only one at a time."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The form, with advice about what is set."""
        account = context.get("original")
        if isinstance(account, Account):
            context["advice"] = advice(account, has_keys=bool(keys_of(account)))
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[no-any-return]

    def save_model(self, request: HttpRequest, obj: Account, form: AccountForm, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Keep the options; a replaced logo's file goes."""
        before = Account.objects.filter(pk=obj.pk).values_list("logo", flat=True).first()
        super().save_model(request, obj, form, change)
        if before and before != obj.logo.name:
            transaction.on_commit(lambda: obj.logo.storage.delete(before))
