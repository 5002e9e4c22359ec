"""What is left of a recording whose process was killed. Nothing of media is needed to write it down."""

from __future__ import annotations

from typing import NamedTuple

from rooms.room_key import RoomKey  # noqa: TC001 - the fields of a tuple


class Unfinished(NamedTuple):
    """A capture whose process was killed, by the name of its folder. All that there is of it is before `last_ms`."""

    key: RoomKey
    folder: str
    started_at_ms: int
    last_ms: int
