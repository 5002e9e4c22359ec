"""Recordings and their videos in the admin: how far each is, what went wrong, and what can be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.contrib import admin, messages
from django.db.models import Count
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import ngettext
from unfold.decorators import action, display

from meet.accounts.day_range import DayRangeFilter
from meet.accounts.lists import shortened
from meet.accounts.scope import ADMINS, ANYBODY
from meet.accounts.scoped_admin import AccountFilter, ScopedTabularInline, WrittenAdmin
from meet.wakeup import composer_of, wake
from recording.jobs.videos import can_compose, do_compose_again, do_delete, do_restore
from recording.models import Recording, Status, Video, VideoPerson

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

COLOURS: Final = {
    Status.WAITING.label: "info",
    Status.COMPOSING.label: "info",
    Status.READY.label: "success",
    Status.FAILED.label: "danger",
}
MEGABYTE: Final = 1_000_000
BAR: Final = (
    '<span style="white-space: nowrap">'
    '<progress max="100" value="{0}" style="all: revert; width: 5rem; accent-color: #0c6b62"></progress> {0} %</span>'
)


class _Kept(WrittenAdmin):
    """Made by the software. Who may look at recordings may look at these pages."""

    see: ClassVar[AbstractSet[str]] = ANYBODY

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Who sees the actions."""
        return self._may(request, None, self.edit)


class PutAwayFilter(admin.SimpleListFilter):
    """Videos that can be brought back are not among the others."""

    title = "deleted"
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        del request, model_admin
        return [("yes", "Yes")]

    def choices(self, changelist: Any) -> Any:
        """Without "all": those are two lists."""
        first, *others = super().choices(changelist)
        yield {**first, "display": "No"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        del request
        return queryset.filter(deleted_at__isnull=self.value() != "yes")


class PersonInline(ScopedTabularInline):
    """Who is in a video."""

    model = VideoPerson
    account_path = "video__account"
    see = ANYBODY
    fields = ("display_name", "peer_id")
    readonly_fields = fields
    can_delete = False
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False

    def _account(self, obj: Any) -> Any:
        """`obj` is the video."""
        return obj.account


@admin.register(Video)
class VideoAdmin(_Kept):
    """Each video, and how far it is."""

    when_empty = "A recording becomes a video when it has ended. How far that is, is shown here."
    list_display = (
        shortened("name", "name"),
        "account",
        "created_at",
        "shown_status",
        "shown_progress",
        "shown_duration",
        "shown_size",
        shortened("problem", "problem"),
    )
    csv_columns: ClassVar = {
        "account": "account",
        "name": "name",
        "room": "room_id",
        "recorded": "created_at",
        "part": "part",
        "status": "status",
        "duration in s": "duration_s",
        "size in bytes": "size_bytes",
        "problem": "problem",
        "ready": "ready_at",
        "deleted": "deleted_at",
    }
    list_filter = ("status", PutAwayFilter, ("account", AccountFilter), ("created_at", DayRangeFilter))
    list_select_related = ("account",)
    search_fields = ("name", "room_id", "people__display_name")
    search_help_text = "Part of a video's or a person's name, or of a room's id."
    fields = (
        "account",
        "name",
        "shown_recording",
        "created_at",
        "shown_status",
        "shown_progress",
        "problem",
        "attempts",
        "shown_duration",
        "shown_size",
        "ready_at",
        "deleted_at",
    )
    readonly_fields = ("shown_recording", "shown_status", "shown_progress", "shown_duration", "shown_size")
    inlines = (PersonInline,)
    actions = ("compose_again", "put_away", "bring_back")

    @display(description="status", ordering="status", label=COLOURS)  # type: ignore[untyped-decorator]
    def shown_status(self, video: Video) -> str:
        return str(Status(video.status).label)

    @display(description="progress", ordering="progress")  # type: ignore[untyped-decorator]
    def shown_progress(self, video: Video) -> SafeString | str:
        if video.status in {Status.READY, Status.FAILED}:
            return "-"
        return format_html(BAR, video.progress)

    @display(description="duration", ordering="duration_s")  # type: ignore[untyped-decorator]
    def shown_duration(self, video: Video) -> str:
        if video.duration_s is None:
            return "-"
        minutes, seconds = divmod(round(video.duration_s), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"

    @display(description="size", ordering="size_bytes")  # type: ignore[untyped-decorator]
    def shown_size(self, video: Video) -> str:
        return "-" if video.size_bytes is None else f"{video.size_bytes / MEGABYTE:,.1f}\N{NO-BREAK SPACE}MB"

    @display(description="recording")  # type: ignore[untyped-decorator]
    def shown_recording(self, video: Video) -> str:
        return f"{video.recording}, {video.from_s:.0f}-{video.to_s:.0f} s"

    @action(description="Compose again", permissions=["manage"])  # type: ignore[untyped-decorator]
    def compose_again(self, request: HttpRequest, videos: QuerySet[Video]) -> None:
        """From the tracks, while they are there."""
        chosen = [video for video in videos.select_related("recording") if self._edits(request, video)]
        possible = [video for video in chosen if can_compose(video)]
        for video in possible:
            do_compose_again(video, timezone.now())
        for node in {video.recording.node for video in possible}:
            wake(composer_of(node))
        self._say(
            request, ngettext("%d video is composed again.", "%d videos are composed again.", len(possible)), possible
        )
        if len(possible) < len(chosen):
            text = "%d can't be composed again: the tracks have been deleted."
            self.message_user(request, text % (len(chosen) - len(possible)), messages.WARNING)

    @action(description="Delete", permissions=["manage"])  # type: ignore[untyped-decorator]
    def put_away(self, request: HttpRequest, videos: QuerySet[Video]) -> None:
        """They can be brought back for some days."""
        chosen = [video for video in videos if self._edits(request, video)]
        for video in chosen:
            do_delete(video, timezone.now())
        self._say(request, ngettext("%d video is deleted.", "%d videos are deleted.", len(chosen)), chosen)

    @action(description="Undo deletion", permissions=["manage"])  # type: ignore[untyped-decorator]
    def bring_back(self, request: HttpRequest, videos: QuerySet[Video]) -> None:
        """As they were."""
        chosen = [video for video in videos if self._edits(request, video)]
        for video in chosen:
            do_restore(video)
        self._say(request, ngettext("%d video is back.", "%d videos are back.", len(chosen)), chosen)

    def _edits(self, request: HttpRequest, video: Video) -> bool:
        """Somebody may look at the videos of one account, and delete those of another one."""
        return self._may(request, video, ADMINS)

    def _say(self, request: HttpRequest, text: str, videos: list[Video]) -> None:
        if videos:
            self.message_user(request, text % len(videos), messages.SUCCESS)


@admin.register(Recording)
class RecordingAdmin(_Kept):
    """What nodes have captured."""

    when_empty = "Moderators start one in their room, or the Server API does. An account can record all meetings."
    list_display = (
        shortened("room_id", "room"),
        "account",
        "started_at",
        "ended_at",
        "reason",
        "node",
        "number_of_videos",
    )
    csv_columns: ClassVar = {
        "account": "account",
        "room": "room_id",
        "began": "started_at",
        "ended": "ended_at",
        "why it ended": "reason",
        "node": "node",
        "tracks deleted": "tracks_deleted_at",
        "videos": "videos_count",
    }
    list_filter = (("account", AccountFilter), "node", "reason", ("started_at", DayRangeFilter))
    list_select_related = ("account",)
    search_fields = ("room_id",)
    search_help_text = "Part of a room's id."
    fields = ("account", "room_id", "node", "started_at", "ended_at", "reason", "folder", "tracks_deleted_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        recordings: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = recordings.annotate(videos_count=Count("videos"))
        return counted

    @display(description="videos")  # type: ignore[untyped-decorator]
    def number_of_videos(self, recording: Any) -> int:
        return int(recording.videos_count)
