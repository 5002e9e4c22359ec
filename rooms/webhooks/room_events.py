"""What happened in a room, before it is decided who is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rooms.room_key import RoomKey

Kind = Literal[
    "joinPeer", "closePeer", "roomOpened", "roomClosed", "recordingStarted", "recordingStopped", "recordingReady"
]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
# The ones of the tutorial's "Webhooks"; the others have to be asked for.
USUAL: Final[tuple[Kind, ...]] = ("joinPeer", "closePeer")


@dataclass(frozen=True)
class RoomEvent:
    """One event. `at_ms` is Unix time in ms; `data` are further fields of the body, under their JSON names.

    `event_url` and `event_header` are the participant's link's own (spec: apiEvent, authEvent), empty where the account
    does not allow them. `role` and `language` (of an interpreter) are told only where the account wants that.
    """

    kind: Kind
    room: RoomKey
    at_ms: int
    peer_id: str = ""
    display_name: str = ""
    event_url: str = ""
    event_header: str = field(default="", repr=False)
    data: Mapping[str, object] = field(default_factory=dict)
    role: str = ""
    language: str = ""
