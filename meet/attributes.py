"""The URL attributes of a room page, parsed and cleaned. A wrong value counts as not given."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.http import QueryDict

from rooms.names import visible_name

if TYPE_CHECKING:
    from typing import Self

MAX_PEER_ID_LENGTH: Final = 128


@dataclass(frozen=True)
class RoomAttributes:
    """What the link asks for. A name that the link gives can't be changed by the participant (spec: displayName)."""

    room_id: str
    peer_id: str
    display_name: str
    name_screen_disabled: bool

    @property
    def name_fixed(self) -> bool:
        """Whether the name came with the link."""
        return bool(self.display_name)

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        """Read the parameters of a URL; `peerId` may also be spelt `peerID`."""
        peer_id = (query.get("peerId") or query.get("peerID") or "").strip()
        if not peer_id.isprintable() or not 0 < len(peer_id) <= MAX_PEER_ID_LENGTH:
            peer_id = str(uuid.uuid4())
        return cls(
            room_id=query.get("roomId", "").strip(),
            peer_id=peer_id,
            display_name=visible_name(query.get("displayName", "")),
            name_screen_disabled=_boolean(query.get("nameScreenDisabled")),
        )

    @classmethod
    def from_query_string(cls, text: str) -> Self:
        """Read `location.search`, with or without its question mark."""
        return cls.from_query(QueryDict(text.removeprefix("?")))


def _boolean(text: str | None) -> bool:
    """`true` in any case; everything else is the default, false."""
    return text is not None and text.strip().lower() == "true"
