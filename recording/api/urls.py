"""Addresses of this part of the Server API, each with and without a trailing slash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recording.api import links, rooms, videos
from rooms.api.urls import both

if TYPE_CHECKING:
    from django.urls import URLPattern

urlpatterns: list[URLPattern] = [
    *both("rooms/<str:room_id>/recording", rooms.RecordingStatus),
    *both("rooms/<str:room_id>/recording/start", rooms.RecordingStart),
    *both("rooms/<str:room_id>/recording/stop", rooms.RecordingStop),
    *both("streaming/videos/search", videos.VideoSearch),
    *both("streaming/videos/<int:video_id>", videos.VideoDetail),
    *both("streaming/videos/<int:video_id>/restore", videos.VideoRestore),
    *both("streaming/videos/<int:video_id>/links", links.VideoLinks),
    *both("streaming/videos/<int:video_id>/links/<int:link_id>", links.VideoLinkDetail),
    *both("streaming/videos/<int:video_id>/originals/<path:peer_id>", videos.Original),
]
