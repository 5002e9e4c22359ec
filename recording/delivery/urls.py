"""Addresses of videos' files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path

from recording.delivery.views import video_file

if TYPE_CHECKING:
    from django.urls import URLPattern

urlpatterns: list[URLPattern] = [
    path("videos/<int:video_id>/<str:token>/<path:path>", video_file, name="video-file"),
]
