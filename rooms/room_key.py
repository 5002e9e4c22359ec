"""What a live room is known by."""

from __future__ import annotations

from typing import NamedTuple


class RoomKey(NamedTuple):
    """Each account names its rooms as it likes: two of them can both have `team42`."""

    account_id: int
    room_id: str
