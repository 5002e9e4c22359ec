"""Sessions in the admin: to look at, since the software writes them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

import msgspec
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_safe
from unfold.decorators import display

from meet.accounts.day_range import DayRangeFilter
from meet.accounts.lists import shortened
from meet.accounts.scoped_admin import AccountFilter, WrittenAdmin
from meet.api.throttling import count_download
from meet.errors import TooManyRequests
from stats.meetings import MAX_PAGE, download, file_name, meeting_of
from stats.models import Session
from stats.overview.meeting import meeting_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.urls import URLPattern

    from stats.meetings import Meeting


@admin.register(Session)
class SessionAdmin(WrittenAdmin):
    """The newest first. There may be millions: nothing counts all of them twice."""

    kept_days = "statistics_days"
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
        "meeting",
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
        "meeting",
        "person",
    )
    readonly_fields = ("meeting", "person")

    def get_urls(self) -> list[URLPattern]:
        """With the page of the meeting that a session belongs to, and its samples in one file."""

        def own(address: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            page: Any = self.admin_site.admin_view(require_safe(view))
            page.model_admin = self  # as Django does with its own
            made: URLPattern = path(f"<path:object_id>/{address}", page, name=f"stats_session_{name}")
            return made

        return [
            own("meeting/", self.meeting_view, "meeting"),
            own("meeting/samples.json", self.samples_view, "samples"),
            *super().get_urls(),
        ]

    def meeting_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """How good the meeting was."""
        meeting = self._meeting(request, object_id)
        rows = list(meeting.samples()[: MAX_PAGE + 1])
        page = meeting_page(meeting.start, meeting.end, rows, meeting.names({row.peer_id for row in rows[:MAX_PAGE]}))
        context = {
            **self.admin_site.each_context(request),
            "title": "Meeting",
            "opts": self.opts,
            "meeting": meeting,
            "page": page,
            "kept_days": settings.CONFIG.sample_days,
        }
        return render(request, "admin/meeting/page.html", context)

    def samples_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """All samples of it, as the Server API tells them."""
        meeting = self._meeting(request, object_id)
        try:
            count_download(meeting.account, timezone.now())
        except TooManyRequests as error:
            return HttpResponse(
                str(error), status=error.status, headers={"Retry-After": str(error.retry_s)}, content_type="text/plain"
            )
        answer = HttpResponse(msgspec.json.encode(download(meeting)), content_type="application/json")
        name = file_name(meeting.room_id, int(meeting.start.timestamp()))
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    def _meeting(self, request: HttpRequest, object_id: str) -> Meeting:
        """Raises `Http404` for a session that is none of the visitor's."""
        session = self.get_object(request, object_id)
        if not self.has_view_permission(request, session):
            raise PermissionDenied
        return meeting_of(session)

    @admin.display(description="meeting")
    def meeting(self, session: Session) -> str:
        """To how good it was."""
        return format_html(
            '<a href="{}" class="{}" aria-label="Quality of the meeting of {} in {}">Quality</a>',
            reverse("admin:stats_session_meeting", args=[session.pk]),
            "text-primary-600 dark:text-primary-500",
            session.peer_id,
            session.room_id,
        )

    @admin.display(description="personal data")
    def person(self, session: Session) -> str:
        """To what is kept of this participant, to export and to erase it."""
        return format_html(
            '<a href="{}?{}" class="text-primary-600 dark:text-primary-500">What is kept of this participant</a>',
            reverse("person-page", args=[session.account_id]),
            urlencode({"peerId": session.peer_id}),
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
