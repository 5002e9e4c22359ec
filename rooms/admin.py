"""Nodes and placements in the admin; both are written by the software, so there is nothing to edit but draining."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.shortcuts import render
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import display

from meet.accounts.audit import actor_of, note
from meet.accounts.lists import Listed, shortened
from meet.accounts.models import AuditEvent
from meet.database_time import database_now
from meet.errors import AppError
from rooms.models import Drain, Node, Placement
from rooms.nodes.draining import State, drain, state_of
from rooms.nodes.placement import is_live, live

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse


COLOURS = {State.RUNNING.value: "success", State.DOWN.value: "danger", State.DRAINING.value: "warning"}


class _ReadOnly:
    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        return False


class Runs(admin.SimpleListFilter):
    """By whether a node runs."""

    title = "state"
    parameter_name = "runs"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Runs"), ("no", "Does not run")]

    def queryset(self, _request: HttpRequest, nodes: QuerySet[Node]) -> QuerySet[Node]:
        match self.value():
            case "yes":
                return nodes.filter(live(database_now()))
            case "no":
                return nodes.exclude(live(database_now()))
        return nodes


@admin.register(Node)
class NodeAdmin(_ReadOnly, Listed, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """The nodes, what they do, and their load. Superusers empty a node that is to be stopped."""

    list_display = ("name", "country", "state", "rooms", "peers", "load", "public_url", "heartbeat_at")
    list_filter = (Runs, "drain")
    actions = ("drain_nodes", "move_rooms", "undrain_nodes")

    def has_delete_permission(self, request: HttpRequest, obj: Node | None = None) -> bool:
        """Of a node that runs, nobody: it would be there again a second later, and its rooms be nowhere meanwhile."""
        runs = obj is not None and is_live(obj, database_now())
        return not runs and bool(super().has_delete_permission(request, obj))

    @display(description="state", ordering="drain", label=COLOURS)  # type: ignore[untyped-decorator]
    def state(self, node: Node) -> str:
        """In a word."""
        return state_of(node, database_now()).value

    @admin.display(description="load", ordering="load_percent")
    def load(self, node: Node) -> str:
        """Of its processor."""
        return f"{node.load_percent}\N{NO-BREAK SPACE}%"

    def has_drain_permission(self, request: HttpRequest) -> bool:
        """Whether somebody may decide what nodes do."""
        return bool(request.user.is_active and request.user.is_superuser)

    @admin.action(description="Drain: no new rooms", permissions=["drain"])
    def drain_nodes(self, request: HttpRequest, nodes: QuerySet[Node]) -> HttpResponse | None:
        """Meetings that are there go on until everybody has left."""
        return self._drain(request, nodes, Drain.FINISH)

    @admin.action(description="Drain: move rooms to other nodes now", permissions=["drain"])
    def move_rooms(self, request: HttpRequest, nodes: QuerySet[Node]) -> HttpResponse | None:
        """People hear and see nothing for a second."""
        return self._drain(request, nodes, Drain.MOVE)

    @admin.action(description="Take rooms again", permissions=["drain"])
    def undrain_nodes(self, request: HttpRequest, nodes: QuerySet[Node]) -> HttpResponse | None:
        """As before."""
        return self._drain(request, nodes, Drain.NONE)

    def _drain(self, request: HttpRequest, nodes: QuerySet[Node], wanted: Drain) -> HttpResponse | None:
        """Ask first, then do it."""
        if wanted != Drain.NONE and "confirmed" not in request.POST:
            context = {
                **self.admin_site.each_context(request),
                "title": "Drain nodes",
                "nodes": nodes,
                "moves": wanted == Drain.MOVE,
                "action": request.POST["action"],
                "opts": self.opts,
            }
            return render(request, "admin/nodes/drain.html", context)
        for node in nodes:
            try:
                said = drain(node, wanted)
            except AppError as error:
                self.message_user(request, f"{error.message} {error.hint}", messages.ERROR)
            else:
                note(AuditEvent.Action.CHANGED, actor_of(request), said, timezone.now())
                self.message_user(request, said, messages.SUCCESS)
        return None


@admin.register(Placement)
class PlacementAdmin(_ReadOnly, Listed, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Which room is where."""

    list_display = (shortened("room_id", "room"), "node", "claimed_at", "used_at")
    list_filter = ("node",)
    search_fields = ("room_id",)
