"""Endpoints, deliveries and attempts in the admin, for the account's owners and admins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from django import forms
from django.contrib import admin, messages
from django.db.models import URLField
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from meet.accounts.day_range import DayRangeFilter
from meet.accounts.lists import shortened
from meet.accounts.scope import account_at
from meet.accounts.scoped_admin import AccountFilter, ScopedAdmin, ScopedTabularInline, WrittenAdmin
from meet.accounts.secret_field import SecretField
from rooms.webhooks.delivering import do_send_again, send_again
from rooms.webhooks.endpoints import do_rotate, do_send_test
from rooms.webhooks.models import Attempt, Delivery, Endpoint, State, usual_kinds

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import Model, QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

    from meet.accounts.models import Account
    from rooms.webhooks.posting import Tried

KINDS: Final = (
    ("joinPeer", "joinPeer: somebody has joined"),
    ("closePeer", "closePeer: somebody has left"),
    ("roomOpened", "roomOpened: the first participant has joined"),
    ("roomClosed", "roomClosed: the last participant has left"),
    ("recordingStarted", "recordingStarted: a recording has begun"),
    ("recordingStopped", "recordingStopped: a recording has ended"),
    ("recordingReady", "recordingReady: a recording can be watched"),
)
STATE_COLOURS: Final = {
    State.WAITING.label: "info",
    State.FAILED.label: "warning",
    State.DELIVERED.label: "success",
    State.GIVEN_UP.label: "danger",
}


class _WithButtons(ScopedAdmin):
    """Its objects' pages have buttons, each an address below the object's that takes POST only."""

    def button(self, name: str, act: Callable[[HttpRequest, Any], None]) -> URLPattern:
        """Do something with an object that the visitor may see, then show its page again."""

        def view(request: HttpRequest, object_id: str) -> HttpResponse:
            obj = self.get_object(request, object_id)
            act(request, obj)
            return HttpResponseRedirect(self.page_of(obj))

        page: Any = self.admin_site.admin_view(require_POST(view))
        page.model_admin = self  # as Django does with its own
        route: URLPattern = path(f"<path:object_id>/{name}/", page, name=f"webhooks_{self.opts.model_name}_{name}")
        return route

    def page_of(self, obj: Model) -> str:
        """An object's page."""
        return reverse(f"admin:webhooks_{self.opts.model_name}_change", args=(obj.pk,))

    def tell(self, request: HttpRequest, tried: Tried | None) -> None:
        """What an attempt led to, for who asked for it."""
        if tried is None:
            self.message_user(request, "It is being sent at the moment.", messages.WARNING)
        elif tried.problem:
            self.message_user(request, tried.problem, messages.ERROR)
        else:
            text = "Delivered: the server answered with %(status)d after %(duration)d ms."
            values = {"status": tried.status, "duration": tried.duration_ms}
            self.message_user(request, text % values, messages.SUCCESS)


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]
    """An endpoint without its signing secret, which nobody chooses."""

    kinds = forms.MultipleChoiceField(label="Events", choices=KINDS, widget=UnfoldAdminCheckboxSelectMultipleWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.from_link:
            del self.fields["kinds"]
        elif self.instance.pk is None:
            self.initial.setdefault("kinds", usual_kinds())
        if "header" in self.fields:
            self.fields["header"] = SecretField(
                kept=self.instance.header,
                label="Authorization header",
                help_text="Sent with each event, such as Basic dXNlcjpwYXNzd29yZA==. Never shown again.",
            )


@admin.register(Endpoint)
class EndpointAdmin(_WithButtons):
    """Who is told about what. The signing secret is shown: the receiver needs it."""

    when_empty = "An endpoint is an address at your server that is told who joins and leaves."
    form = EndpointForm
    list_display = (shortened("url", "address"), "account", "active", "failing_since", "named_by")
    list_filter = (("account", AccountFilter), "active", "from_link")
    list_select_related = ("account",)
    search_fields = ("url",)
    fields = ("account", "url", "header", "kinds", "active")
    change_form_outer_before_template = "admin/webhooks/endpoint.html"

    def get_urls(self) -> list[URLPattern]:
        return [self.button("test", self._send_test), self.button("rotate", self._rotate), *super().get_urls()]

    def get_fields(self, request: HttpRequest, obj: Endpoint | None = None) -> Any:
        """What a link names is changed in the link."""
        from_link = obj is not None and obj.from_link
        return ("account", "url", "active") if from_link else super().get_fields(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        from_link = isinstance(obj, Endpoint) and obj.from_link
        return [*super().get_readonly_fields(request, obj), *(["url"] if from_link else [])]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Addresses as they are best typed."""
        if isinstance(db_field, URLField):
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def response_add(self, request: HttpRequest, obj: Endpoint, post_url_continue: str | None = None) -> HttpResponse:
        """Its page, with the signing secret and the button for a test."""
        del post_url_continue
        text = "The endpoint gets events from now on. Give its signing secret to the receiver, and try it."
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(self.page_of(obj))

    @admin.display(description="named by", ordering="from_link")
    def named_by(self, endpoint: Endpoint) -> str:
        return "a link" if endpoint.from_link else "the account"

    def _send_test(self, request: HttpRequest, endpoint: Endpoint) -> None:
        self.tell(request, do_send_test(endpoint, timezone.now()))

    def _rotate(self, request: HttpRequest, endpoint: Endpoint) -> None:
        do_rotate(endpoint, timezone.now())
        self.log_change(request, endpoint, "Rotated the signing secret.")
        text = "There is a new signing secret. Events are signed with the old one as well for 24 hours."
        self.message_user(request, text, messages.SUCCESS)


class AttemptInline(ScopedTabularInline):
    """What was tried, and what was answered."""

    model = Attempt
    account_path = "delivery__endpoint__account"
    fields = readonly_fields = ("at", "status", "duration_ms", "problem", "answer")
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False

    has_change_permission = has_delete_permission = has_add_permission

    def _account(self, obj: Model) -> Account:
        return account_at(obj, "endpoint__account")


@admin.register(Delivery)
class DeliveryAdmin(WrittenAdmin, _WithButtons):
    """What was told to whom, or waits to be. Written by the software."""

    kept_days = "delivery_days"
    when_empty = "Each event that an endpoint is told about is listed here, with all attempts."
    account_path = "endpoint__account"
    list_display = (
        "happened_at",
        "kind",
        shortened("room_id", "room"),
        shortened("endpoint__url", "endpoint"),
        "shown_state",
        "failures",
        "due_at",
    )
    list_filter = ("state", "kind", ("endpoint__account", AccountFilter), ("happened_at", DayRangeFilter))
    csv_columns: ClassVar = {
        "account": "endpoint__account",
        "happened": "happened_at",
        "event": "kind",
        "room": "room_id",
        "endpoint": "endpoint__url",
        "state": "state",
        "failed attempts": "failures",
        "next attempt": "due_at",
        "finished": "finished_at",
        "webhook-id": "message_id",
    }
    actions = ("send_chosen_again",)
    list_select_related = ("endpoint__account",)
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("room_id", "=message_id")
    search_help_text = "Part of a room's id, or a whole webhook-id."
    inlines = (AttemptInline,)
    fields = (
        "endpoint",
        "kind",
        "room_id",
        "happened_at",
        "shown_state",
        "due_at",
        "finished_at",
        "message_id",
        "shown_body",
    )
    readonly_fields = ("shown_state", "shown_body")
    change_form_outer_before_template = "admin/webhooks/delivery.html"

    def get_urls(self) -> list[URLPattern]:
        return [self.button("again", self._send_again), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """Without the endpoint's secrets, which are not needed here."""
        secrets = ("endpoint__header", "endpoint__secret", "endpoint__old_secret")
        return super().get_queryset(request).select_related("endpoint").defer(*secrets)

    @display(  # type: ignore[untyped-decorator]  # unfold has no types
        description="state", ordering="state", label=STATE_COLOURS
    )
    def shown_state(self, delivery: Delivery) -> str:
        """In words, and a colour for each."""
        return delivery.get_state_display()

    @admin.display(description="body")
    def shown_body(self, delivery: Delivery) -> str:
        return format_html('<code style="overflow-wrap: anywhere">{}</code>', delivery.body)

    @admin.action(description="Send again", permissions=["manage"])
    def send_chosen_again(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        """By the workers, in each room's order. Where somebody may only look, nothing is sent."""
        found = deliveries.select_related("endpoint__account")
        chosen = [delivery for delivery in found if self._may(request, delivery, self.edit)]
        count = do_send_again([delivery for delivery in chosen if delivery.endpoint.active], timezone.now())
        text = ngettext("%d delivery is sent again.", "%d deliveries are sent again.", count) % count
        self.message_user(request, text, messages.SUCCESS if count else messages.WARNING)
        if count < len(chosen):
            text = "%d are being sent already, or their endpoint is turned off."
            self.message_user(request, text % (len(chosen) - count), messages.WARNING)

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Who sees the action."""
        return self._may(request, None, self.edit)

    def _send_again(self, request: HttpRequest, delivery: Delivery) -> None:
        self.tell(request, send_again(delivery))
