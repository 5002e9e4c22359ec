"""Who wants to know who comes and goes, without a part in it: statistics, webhooks, recording."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rooms.protocol import Request, Role
    from rooms.room_key import RoomKey


@dataclass(frozen=True)
class Visit:
    """One participant's stay in a room, from its beginning. `joined_at` is Unix time in ms.

    `language` is the one into which an interpreter interprets.

    `event_url` and `event_header` are where their link wants events told (spec: apiEvent, authEvent).
    """

    room: RoomKey
    peer_id: str
    display_name: str
    role: Role
    viewer: bool
    joined_at: int
    event_url: str = ""
    event_header: str = field(default="", repr=False)
    language: str = ""


class RoomObserver(Protocol):
    """Called on the event loop, in order for each room; must return at once and never raise."""

    def peer_joined(self, visit: Visit) -> None:
        """A participant is in; if they waited, they do not any more."""

    def peer_left(self, visit: Visit, display_name: str, at_ms: int, others: int) -> None:
        """A participant is out again, under the name that they had then; so many `others` are still in."""

    def moderated(self, visit: Visit, request: Request, at_ms: int) -> None:
        """What a moderator has asked for was carried out."""


class NobodyWatches:
    """An observer that takes no notice."""

    def peer_joined(self, visit: Visit) -> None:
        """Nothing."""

    def peer_left(self, visit: Visit, display_name: str, at_ms: int, others: int) -> None:
        """Nothing."""

    def moderated(self, visit: Visit, request: Request, at_ms: int) -> None:
        """Nothing."""
