"""What a node tells of its live rooms over its control API, and web to the pages that show them.

Times are Unix times in ms.
"""

from __future__ import annotations

import msgspec

from rooms.protocol import Quality, Role, Source


class _Shape(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    pass


class LiveProducer(_Shape, frozen=True, kw_only=True):
    """Something that somebody sends; `bitrate_bps` is what arrives at the moment."""

    id: str
    source: Source
    mime_type: str
    paused: bool
    bitrate_bps: int


class LivePeer(_Shape, frozen=True, kw_only=True):
    """A participant inside; a viewer has no tile. `language` is the one into which an interpreter interprets.

    `estimate_bps` is how much video the way to them is thought to carry; None where nothing is known.
    """

    peer_id: str
    display_name: str
    role: Role
    viewer: bool
    joined_at: int
    hand_raised: bool
    quality: Quality
    estimate_bps: int | None = None
    producers: list[LiveProducer]
    language: str = ""


class LiveWaiting(_Shape, frozen=True, kw_only=True):
    """A participant in the waiting room."""

    peer_id: str
    display_name: str
    since: int


class LiveRemoved(_Shape, frozen=True, kw_only=True):
    """A participant who was removed and can't come back."""

    peer_id: str
    display_name: str
    at: int


class RoomSummary(_Shape, frozen=True, kw_only=True):
    """A live room in a list. `peers` counts all who are inside, `viewers` those of them without a tile.

    `people` are the names of the first few with a tile.
    """

    account_id: int
    room_id: str
    node: str
    opened_at: int
    peers: int
    viewers: int
    waiting: int
    people: list[str]


class LiveRoom(_Shape, frozen=True, kw_only=True):
    """A live room with everybody in it; it is being recorded since `recording_since`, or not (None).

    `elsewhere` says how many of its people receive from which other node.
    """

    account_id: int
    room_id: str
    node: str
    opened_at: int
    locked: bool
    waiting_room: bool
    recording_since: int | None
    peers: list[LivePeer]
    waiting: list[LiveWaiting]
    removed: list[LiveRemoved]
    elsewhere: dict[str, int] = msgspec.field(default_factory=dict)
