"""What happens in a room. Names are those of the events of the bridge (`docs/bridge.md`), where it has them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Source = Literal["mic", "camera", "screen", "screenAudio"]
Device = Literal["mic", "camera", "screen"]
Role = Literal["participant", "moderator", "interpreter"]
EndReason = Literal["left", "removed", "ended", "replaced", "refused", "lost"]


@dataclass
class Peer:
    """A participant with a tile; `on` are what they send and have not paused. Kept up to date while they are here."""

    peer_id: str
    display_name: str
    role: Role = "participant"
    hand_raised: bool = False
    on: set[Source] = field(default_factory=set)


@dataclass(frozen=True)
class Event:
    """Base of all events."""


@dataclass(frozen=True)
class NewPeer(Event):
    """Somebody else came."""

    peer: Peer


@dataclass(frozen=True)
class PeerClosed(Event):
    """Somebody else left; `reason` is `left`, `lost`, `replaced`, `kicked`, or `viewing` for who only watches now."""

    peer: Peer
    reason: str


@dataclass(frozen=True)
class PeerRenamed(Event):
    """Somebody, perhaps this participant, has another name."""

    peer: Peer


@dataclass(frozen=True)
class SwitchOn(Event):
    """Somebody, perhaps this participant, sends this now: `switchOnMic`, `switchOnCamera`, `switchOnShare`."""

    peer: Peer
    source: Source


@dataclass(frozen=True)
class SwitchOff(Event):
    """Somebody, perhaps this participant, sends this no longer."""

    peer: Peer
    source: Source


@dataclass(frozen=True)
class HandChanged(Event):
    """Somebody, perhaps this participant, raised a hand or took it down."""

    peer_id: str
    display_name: str
    raised: bool


@dataclass(frozen=True)
class Chat(Event):
    """Somebody, perhaps this participant, wrote something. `message_id` rises; `at_ms` is Unix time in ms."""

    message_id: int
    peer_id: str
    display_name: str
    text: str
    at_ms: int


@dataclass(frozen=True)
class TrackStopped(Event):
    """A moderator turned this participant's device off. It may be turned on again."""

    device: Device


@dataclass(frozen=True)
class Disconnected(Event):
    """The connection was lost; it is being made again."""


@dataclass(frozen=True)
class Reconnected(Event):
    """The connection is back, and what was sent is sent again. `Room.peers` is as the room is now."""


@dataclass(frozen=True)
class Ended(Event):
    """It is over for this participant: the last event. `can_join_again` says whether another try may help."""

    reason: EndReason
    code: str
    message: str
    can_join_again: bool
