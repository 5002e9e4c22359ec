"""One participant inside a room's state. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from rooms.protocol import Me

if TYPE_CHECKING:
    from media.ortc.parameters import MediaKind
    from rooms.protocol import Device, PeerInfo, Permissions, ProducerInfo, Source
    from rooms.state.commands import Enter

KIND_OF_SOURCE: Final[dict[Source, MediaKind]] = {
    "mic": "audio",
    "camera": "video",
    "screen": "video",
    "screenAudio": "audio",
}
DEVICE_OF_SOURCE: Final[dict[Source, Device]] = {
    "mic": "mic",
    "camera": "camera",
    "screen": "screen",
    "screenAudio": "screen",
}
# The sources that a limit of active attendees counts.
BROADCAST: Final[frozenset[Source]] = frozenset({"mic", "camera"})


@dataclass
class Peer:
    """`viewer` says whether they only watch at the moment, `entry` how they came. `info` is what others see.

    `listening` is the language that they hear beside the original, or none (empty); `chose_language` whether they have
    said so themselves, or else hear what their link says.
    """

    info: PeerInfo
    entry: Enter
    viewer: bool
    listening: str = ""
    chose_language: bool = False

    @property
    def moderator(self) -> bool:
        """Whether they may act on others."""
        return self.entry.ticket.role == "moderator"

    @property
    def records(self) -> bool:
        """Whether they may have the meeting recorded."""
        return self.moderator and self.entry.ticket.can_record

    @property
    def interpreter(self) -> bool:
        """Whether they speak for others, and are no part of the original."""
        return self.entry.ticket.role == "interpreter"

    @property
    def language(self) -> str:
        """The one into which they interpret; empty where there is none, and for everybody else."""
        return self.entry.ticket.interprets_into

    @property
    def takes_part_in_talk(self) -> bool:
        """Whether they can be the dominant speaker; an interpreter speaks for others."""
        return not self.interpreter

    @property
    def live(self) -> bool:
        """Whether their microphone is on."""
        return any(producer.source == "mic" and not producer.paused for producer in self.info.producers)

    @property
    def broadcasting(self) -> bool:
        """Whether camera or microphone is on, of somebody who is part of the original."""
        return not self.interpreter and any(
            producer.source in BROADCAST and not producer.paused for producer in self.info.producers
        )

    def has(self, device: Device) -> bool:
        """Whether their role, and the place they have at the moment, come with this device."""
        return not self.viewer and (device == "mic" or not self.interpreter)

    def sent_by(self, device: Device) -> list[ProducerInfo]:
        """What they send of a device, also what is paused."""
        return [producer for producer in self.info.producers if DEVICE_OF_SOURCE[producer.source] == device]

    def me(self, permissions: Permissions) -> Me:
        """What they know of themselves."""
        return Me(
            peer_id=self.info.id,
            display_name=self.info.display_name,
            role=self.entry.ticket.role,
            viewer=self.viewer,
            permissions=permissions,
            hand_raised_at=self.info.hand_raised_at,
            listening=self.listening,
            language=self.language,
            interpreter_problem=self.entry.ticket.interpreter_problem if self.interpreter else "",
        )

    def public(self) -> PeerInfo:
        """A copy for others, which later changes don't reach."""
        producers = [msgspec.structs.replace(producer) for producer in self.info.producers]
        return msgspec.structs.replace(self.info, producers=producers)

    def producer(self, producer_id: str) -> ProducerInfo | None:
        """One of their producers."""
        return next((producer for producer in self.info.producers if producer.id == producer_id), None)
