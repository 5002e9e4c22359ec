"""Addresses of this part of the Server API, each with and without a trailing slash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path

from rooms.api import actions, chats, questions, servers

if TYPE_CHECKING:
    from django.urls import URLPattern
    from rest_framework.views import APIView


def both(route: str, view: type[APIView], name: str | None = None) -> list[URLPattern]:
    """The two routes to a view. A participant's id may have a slash in it, so the longer one comes first."""
    return [path(f"{route}/", view.as_view()), path(route, view.as_view(), name=name)]


urlpatterns: list[URLPattern] = [
    *both("servers", servers.ServerList),
    *both("rooms", questions.RoomList),
    *both("rooms/<str:room_id>", questions.RoomDetail),
    *both("rooms/<str:room_id>/peers", questions.RoomPeers),
    *both("rooms/<str:room_id>/exists", questions.RoomExists),
    *both("rooms/<str:room_id>/durationOfBroadcast", questions.DurationOfBroadcast),
    *both("rooms/<str:room_id>/numberPeers", questions.NumberPeers),
    *both("rooms/<str:room_id>/existingPeer", questions.ExistingPeerByBody),
    *both("rooms/<str:room_id>/existingPeer/<path:peer_id>", questions.ExistingPeer, "existing-peer"),
    *both("rooms/<str:room_id>/closePeer", actions.ClosePeer),
    *both("rooms/<str:room_id>/letBack", actions.LetBack),
    *both("rooms/<str:room_id>/closeRoom", actions.CloseRoom),
    *both("rooms/<str:room_id>/mute", actions.Mute),
    *both("rooms/<str:room_id>/admit", actions.Admit),
    *both("rooms/<str:room_id>/lock", actions.Lock),
    *both("rooms/<str:room_id>/video/stop", actions.VideoStop),
    *both("chat/clear-rooms", chats.ClearRooms),
]
