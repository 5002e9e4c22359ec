"""What the admin's pages of live rooms get. `meet.management.typescript` writes the client's side.

Times are Unix times in ms.
"""

from __future__ import annotations

import msgspec

from rooms.control.shapes import LiveRoom, RoomSummary


class _Shape(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    pass


class RoomsBoot(_Shape, frozen=True, kw_only=True):
    """The page of all live rooms: where its state is, and whether rooms of several accounts can be in it."""

    state_url: str
    accounts: bool


class RoomBoot(_Shape, frozen=True, kw_only=True):
    """The page of one room: which it is, where its state is, and where orders go."""

    room: str
    account: str
    rooms_url: str
    state_url: str
    act_url: str


class ListedRoom(RoomSummary, frozen=True, kw_only=True):
    """A live room in the list, with its account's name and its page."""

    account: str
    url: str


class RoomsState(_Shape, frozen=True, kw_only=True):
    """All live rooms, the oldest first; rooms of `silent_nodes` are missing."""

    now: int
    rooms: list[ListedRoom]
    silent_nodes: list[str]


class RoomState(_Shape, frozen=True, kw_only=True):
    """One room, null where nobody is in it; of `viewers` not all are among its peers."""

    now: int
    room: LiveRoom | None
    viewers: int
