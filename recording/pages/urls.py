"""Addresses of the pages on which recordings are found and watched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path

from recording.pages import acts, listing, of_room, player

if TYPE_CHECKING:
    from django.urls import URLPattern

urlpatterns: list[URLPattern] = [
    path("recordings/", listing.recordings, name="recordings"),
    path("recordings", listing.recordings),
    path("recordings/<int:video_id>/share", acts.shared, name="recording-share"),
    path("recordings/<int:video_id>/links/<int:link_id>/revoke", acts.revoke, name="recording-revoke"),
    path("recordings/<int:video_id>/download", acts.download, name="recording-download"),
    path("recordings/<int:video_id>/delete", acts.delete, name="recording-delete"),
    path("recordings/<int:video_id>/restore", acts.restore, name="recording-restore"),
    path("recordings/<int:video_id>/again", acts.compose_again, name="recording-again"),
    path("recordings/<int:video_id>/people/<int:person_id>", acts.original, name="recording-original"),
    path("recordings/room/<str:token>/", of_room.recordings_of_room, name="recordings-of-room"),
    path("videos/<int:video_id>/", player.page, name="video"),
    path("videos/<int:video_id>", player.page),
    path("videos/<int:video_id>/embed", player.embed, name="video-embed"),
    path("videos/<int:video_id>/embed/", player.embed),
    path("videos/<int:video_id>/state", player.state, name="video-state"),
]
