"""Sessions in the admin: to look at, since the software writes them."""

from __future__ import annotations

import datetime as dt

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from meet.accounts.scoped_admin import AccountFilter, WrittenAdmin
from stats.models import Session


@admin.register(Session)
class SessionAdmin(WrittenAdmin):
    """The newest first. There may be millions: ids are found as a whole only, and nothing counts all of them twice."""

    when_empty = _("Whoever comes into a room is listed here at once.")
    list_display = ("peer_id", "display_name", "room_id", "account", "joined_at", "left_at", "duration", "interrupted")
    list_filter = (("account", AccountFilter), "joined_at", "interrupted")
    list_select_related = ("account",)
    list_per_page = 50
    search_fields = ("=room_id", "=peer_id", "=display_name")
    search_help_text = _("A room, a participant's id or a name, as a whole.")
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

    @admin.display(description=_("duration"))
    def duration(self, session: Session) -> str:
        """Until now, as far as is known, for one that lasts."""
        seconds = int((session.marked_at - session.joined_at).total_seconds())
        return str(dt.timedelta(seconds=seconds))
