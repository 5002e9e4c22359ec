"""One participant inside a room's state, and what they may do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from rooms.protocol import Me, PeerInfo, Permissions, ProducerInfo

if TYPE_CHECKING:
    from media.parameters import MediaKind
    from rooms.commands import Enter
    from rooms.protocol import Device, Source

KIND_OF_SOURCE: Final[dict[Source, MediaKind]] = {
    "mic": "audio",
    "camera": "video",
    "screen": "video",
    "screenAudio": "audio",
}
# The sources that a limit of active attendees counts.
DEVICES: Final[frozenset[Device]] = frozenset({"mic", "camera"})


@dataclass
class Peer:
    """`viewer` says whether they only watch at the moment, `entry` how they came. `info` is what others see."""

    info: PeerInfo
    entry: Enter
    viewer: bool

    @property
    def moderator(self) -> bool:
        """Whether they may act on others."""
        return self.entry.role == "moderator"

    @property
    def broadcasting(self) -> bool:
        """Whether camera or microphone is on."""
        return any(producer.source in DEVICES and not producer.paused for producer in self.info.producers)

    def permissions(self, *, hands_enabled: bool) -> Permissions:
        """What they may do; `hands_enabled` says that a moderator wants hands in this room."""
        speaks = not self.viewer
        shows = speaks and self.entry.role != "interpreter"
        return Permissions(
            mic=speaks,
            camera=shows,
            screen=shows,
            chat=not self.entry.chat_disabled,
            hand=self.entry.hand_enabled or hands_enabled,
            moderate=self.moderator,
        )

    def me(self, *, hands_enabled: bool) -> Me:
        """What they know of themselves."""
        return Me(
            peer_id=self.info.id,
            display_name=self.info.display_name,
            role=self.entry.role,
            viewer=self.viewer,
            permissions=self.permissions(hands_enabled=hands_enabled),
            hand_raised_at=self.info.hand_raised_at,
        )

    def public(self) -> PeerInfo:
        """A copy for others, which later changes don't reach."""
        producers = [msgspec.structs.replace(producer) for producer in self.info.producers]
        return msgspec.structs.replace(self.info, producers=producers)

    def producer(self, producer_id: str) -> ProducerInfo | None:
        """One of their producers."""
        return next((producer for producer in self.info.producers if producer.id == producer_id), None)
