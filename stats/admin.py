"""Sessions in the admin: to look at, since the software writes them."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.contrib import admin
from unfold.decorators import display

from meet.accounts.day_range import DayRangeFilter
from meet.accounts.lists import shortened
from meet.accounts.scoped_admin import AccountFilter, WrittenAdmin
from stats.models import Session


@admin.register(Session)
class SessionAdmin(WrittenAdmin):
    """The newest first. There may be millions: nothing counts all of them twice."""

    when_empty = "Whoever comes into a room is listed here at once."
    list_display = (
        shortened("peer_id", "participant"),
        shortened("display_name", "name"),
        shortened("room_id", "room"),
        "account",
        "joined_at",
        "left_at",
        "duration",
        "ending",
    )
    list_filter = (("account", AccountFilter), ("joined_at", DayRangeFilter), "interrupted")
    csv_columns: ClassVar = {
        "account": "account",
        "room": "room_id",
        "participant": "peer_id",
        "name": "display_name",
        "role": "role",
        "viewer": "viewer",
        "node": "node",
        "joined": "joined_at",
        "left": "left_at",
        "last sign of life": "marked_at",
        "duration in s": lambda session: int((session.marked_at - session.joined_at).total_seconds()),
        "interrupted": "interrupted",
    }
    list_select_related = ("account",)
    list_per_page = 50
    search_fields = ("room_id", "peer_id", "display_name")
    search_help_text = "Part of a room's or a participant's id, or of a name."
    show_full_result_count = False
    fields = (
        "account",
        "room_id",
        "peer_id",
        "display_name",
        "role",
        "viewer",
        "node",
        "joined_at",
        "marked_at",
        "left_at",
        "interrupted",
    )

    @display(  # type: ignore[untyped-decorator]  # unfold has no types
        description="ended", ordering="interrupted", label={"interrupted": "warning"}
    )
    def ending(self, session: Session) -> str:
        """What is worth a look only."""
        if session.interrupted:
            return "interrupted"
        return str("left" if session.left_at else "still there")

    @admin.display(description="duration")
    def duration(self, session: Session) -> str:
        """Until now, as far as is known, for one that lasts."""
        seconds = int((session.marked_at - session.joined_at).total_seconds())
        return str(dt.timedelta(seconds=seconds))
