"""What is posted, and where to. Source: the tutorial's "Webhook joinPeer" and "Webhook closePeer"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit, urlunsplit

import msgspec

if TYPE_CHECKING:
    from rooms.webhooks.room_events import RoomEvent

# The tutorial's two events have one name in the address and another one in the body.
_EVENTS: Final = {"joinPeer": "connected", "closePeer": "disconnected"}


def body_of(event: RoomEvent, *, extended: bool = False) -> str:
    """JSON: `event`, `roomId`, for events of participants `peerId` and `displayName`, then what else is told.

    An `extended` one of a participant says `role` and `language` as well, which the tutorial's bodies don't have.
    """
    fields: dict[str, object] = {
        "event": _EVENTS.get(event.kind, event.kind),
        "roomId": event.room.room_id,
    }
    if event.kind in _EVENTS:
        fields |= {"peerId": event.peer_id, "displayName": event.display_name}
        fields |= {"role": event.role, "language": event.language} if extended else {}
    return msgspec.json.encode({**fields, **event.data}).decode()


def address_of(url: str, kind: str) -> str:
    """The endpoint's address with the event's name as the last part of its path; a query stays."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{kind}", fragment=""))
