"""Nodes and placements in the admin; both are written by the software, so there is nothing to edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from unfold.admin import ModelAdmin

from meet.accounts.lists import Listed, shortened
from rooms.models import Node, Placement

if TYPE_CHECKING:
    from django.http import HttpRequest


class _ReadOnly:
    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        return False


@admin.register(Node)
class NodeAdmin(_ReadOnly, Listed, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """The nodes and their load."""

    list_display = ("name", "rooms", "peers", "media_addresses", "started_at", "heartbeat_at")


@admin.register(Placement)
class PlacementAdmin(_ReadOnly, Listed, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Which room is where."""

    list_display = (shortened("room_id", "room"), "node", "claimed_at", "used_at")
    list_filter = ("node",)
    search_fields = ("room_id",)
