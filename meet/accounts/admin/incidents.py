"""What went wrong in an account, for its admins to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.contrib import admin, messages
from django.utils.translation import ngettext

from meet.accounts.day_range import DayRangeFilter
from meet.accounts.lists import shortened
from meet.accounts.models import Incident
from meet.accounts.scope import ADMINS, objects_of
from meet.accounts.scoped_admin import AccountFilter, WrittenAdmin

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


def unseen(request: HttpRequest) -> int:
    """How many incidents of a visitor's accounts nobody has marked as seen."""
    return objects_of(Incident.objects.filter(seen=False), "account", request.user, ADMINS).count()


@admin.register(Incident)
class IncidentAdmin(WrittenAdmin):
    """Written by the software; people only tick it off."""

    kept_days = "incident_days"
    when_empty = "What goes wrong with an account's servers and recordings is told here."
    list_display = (shortened("message", "what happened"), "account", "count", "last_at", "seen")
    list_filter = ("seen", ("account", AccountFilter), "kind", ("last_at", DayRangeFilter))
    search_fields = ("message",)
    search_help_text = "Part of what happened."
    csv_columns: ClassVar = {
        "account": "account",
        "what happened": "message",
        "kind": "kind",
        "times": "count",
        "first": "first_at",
        "last": "last_at",
        "seen": "seen",
    }
    fields = ("account", "message", "kind", "count", "first_at", "last_at", "seen")
    actions = ("mark_as_seen",)

    @admin.action(description="Mark as seen")
    def mark_as_seen(self, request: HttpRequest, incidents: QuerySet[Incident]) -> None:
        """Of those that the visitor may see."""
        count = incidents.update(seen=True)
        text = ngettext("%d incident marked as seen.", "%d incidents marked as seen.", count) % count
        self.message_user(request, text, messages.SUCCESS)
