"""The audit trail: who has logged in and changed what, for an account's owners and admins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from unfold.decorators import display

from meet.accounts.day_range import DayRangeFilter
from meet.accounts.lists import shortened
from meet.accounts.models import AuditEvent
from meet.accounts.scope import is_operator
from meet.accounts.scoped_admin import AccountFilter, WrittenAdmin

if TYPE_CHECKING:
    from django.http import HttpRequest

COLOURS = {
    AuditEvent.Action.LOGIN.label: "info",
    AuditEvent.Action.LOGIN_FAILED.label: "warning",
    AuditEvent.Action.DELETED.label: "danger",
}


@admin.register(AuditEvent)
class AuditEventAdmin(WrittenAdmin):
    """Written by the software. Nobody changes or deletes it; what is old goes by itself."""

    kept_days = "audit_days"
    when_empty = "Logins, changes, and what is done in rooms and by the Server API are listed here."
    list_display = (
        "at",
        "shown_action",
        shortened("actor", "who"),
        "address",
        shortened("what", "what"),
        "account",
    )
    list_filter = ("action", ("account", AccountFilter), ("at", DayRangeFilter))
    csv_columns: ClassVar = {
        "at": "at",
        "action": "action",
        "by": "actor",
        "address": "address",
        "what": "what",
        "account": "account",
    }
    list_select_related = ("account",)
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("actor", "address", "what")
    search_help_text = "Part of a name, an address, a room's or participant's id, or what it was about."
    fields = ("at", "action", "actor", "address", "what", "account")

    @display(description="action", ordering="action", label=COLOURS)  # type: ignore[untyped-decorator]
    def shown_action(self, event: AuditEvent) -> str:
        """In words, and a colour for some."""
        return str(event.get_action_display())

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What belongs to no account is the operator's."""
        if isinstance(obj, AuditEvent) and obj.account is None:
            return is_operator(request.user)
        return super().has_view_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False
