"""What a video is called on pages, and how long it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from recording.models import Video


def is_renamed(video: Video) -> bool:
    """Whether somebody gave it a name, instead of the one made of room and time (`recording.jobs.recordings`)."""
    return not video.name.startswith(f"Recording {video.room_id} ")


def title_of(video: Video) -> str:
    """Its name; the room where that says all, beside the time."""
    if is_renamed(video):
        return video.name
    if video.part <= 1:
        return video.room_id
    return _("%(room)s, part %(part)d") % {"room": video.room_id, "part": video.part}


def length_of(video: Video) -> str:
    """As players write it, `1:02:03`."""
    minutes, seconds = divmod(round(video.duration_s or 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
