"""What goes into a room's state machine and what comes out: commands, events, effects. Plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from rooms.protocol import Device, Message, ProducerInfo, Quality, Role, Source


# --- commands: `actor` is who asks, `peer_id` whom it is about; where both are the same, there is `peer_id` only ------


@dataclass(frozen=True)
class Enter:
    """Somebody with a valid ticket comes in; `video_codecs` are the lower-case MIME types they can receive.

    The limits count for this entry: 0 for none. `video_url` is what the link wants everybody to watch.
    Moderators and interpreters have work to do: `viewer` means nothing for them.
    """

    peer_id: str
    display_name: str
    name_fixed: bool
    video_codecs: frozenset[str]
    role: Role = "participant"
    viewer: bool = False
    hand_enabled: bool = False
    chat_disabled: bool = False
    waiting_room: bool = False
    max_broadcasters: int = 0
    max_watchers: int = 0
    video_url: str = ""

    @property
    def only_watches(self) -> bool:
        """Whether they come without a tile, and may be brought on stage."""
        return self.viewer and self.role == "participant"


@dataclass(frozen=True)
class Knock:
    """Somebody who can't come in by themselves waits at the door."""

    peer_id: str
    display_name: str


@dataclass(frozen=True)
class GiveUp:
    """Somebody doesn't wait at the door any more."""

    peer_id: str


@dataclass(frozen=True)
class AdmitPeer:
    """A moderator opens the door or shows somebody away from it."""

    actor: str
    peer_id: str
    admitted: bool


@dataclass(frozen=True)
class Exit:
    """Somebody goes, or is gone."""

    peer_id: str
    reason: Literal["left", "lost", "replaced"]


@dataclass(frozen=True)
class Rename:
    """Somebody wants another name."""

    peer_id: str
    display_name: str


@dataclass(frozen=True)
class AddProducer:
    """A media producer was made for somebody."""

    peer_id: str
    producer_id: str
    source: Source
    paused: bool


@dataclass(frozen=True)
class SetProducerPaused:
    """Somebody turns a producer off or on."""

    peer_id: str
    producer_id: str
    paused: bool


@dataclass(frozen=True)
class RemoveProducer:
    """Somebody ends a producer."""

    peer_id: str
    producer_id: str


@dataclass(frozen=True)
class SetPeerAbsent:
    """Somebody looks elsewhere or is back."""

    peer_id: str
    absent: bool


@dataclass(frozen=True)
class SetQuality:
    """Media measured somebody's connection."""

    peer_id: str
    quality: Quality


@dataclass(frozen=True)
class SetHand:
    """Somebody raises a hand; or it goes down, by themselves or (`actor`) by a moderator."""

    actor: str
    peer_id: str
    raised: bool


@dataclass(frozen=True)
class Say:
    """Somebody writes to everybody."""

    peer_id: str
    text: str


@dataclass(frozen=True)
class StopTracks:
    """A moderator turns microphones or cameras off: one peer's, or (None) everybody's but the own."""

    actor: str
    peer_id: str | None
    device: Device


@dataclass(frozen=True)
class SetStage:
    """A moderator brings a viewer on stage or back."""

    actor: str
    peer_id: str
    on_stage: bool


@dataclass(frozen=True)
class LimitBitrate:
    """A moderator limits everybody's video, in bits/s; 0 for no limit."""

    actor: str
    bitrate_bps: int


Command = (
    Enter
    | Knock
    | GiveUp
    | AdmitPeer
    | Exit
    | Rename
    | AddProducer
    | SetProducerPaused
    | RemoveProducer
    | SetPeerAbsent
    | SetQuality
    | SetHand
    | Say
    | StopTracks
    | SetStage
    | LimitBitrate
)


# --- what comes out -------------------------------------------------------------------------------

Audience = Literal["everybody", "moderators", "chat"]


@dataclass(frozen=True)
class Event:
    """A notification for an audience without `but`, and for `also`; where `only` is given, for nobody else.

    `chat` are those who may read the chat.
    """

    message: Message
    but: str | None = None
    audience: Audience = "everybody"
    also: str | None = None
    only: str | None = None


@dataclass(frozen=True)
class ConsumeProducer:
    """Make consumers of a new producer for everybody but its peer."""

    peer_id: str
    producer: ProducerInfo


@dataclass(frozen=True)
class PauseMedia:
    """Pause or resume a media producer."""

    peer_id: str
    producer_id: str
    paused: bool


@dataclass(frozen=True)
class CloseProducerMedia:
    """Close a media producer."""

    peer_id: str
    producer_id: str


@dataclass(frozen=True)
class CloseDataMedia:
    """Close all data producers of somebody."""

    peer_id: str


@dataclass(frozen=True)
class OpenDoor:
    """Let somebody in who waits, or tell them that they may not."""

    peer_id: str
    admitted: bool


Effect = ConsumeProducer | PauseMedia | CloseProducerMedia | CloseDataMedia | OpenDoor


@dataclass
class Outcome:
    """What a command led to, in order."""

    events: list[Event] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)

    def __iadd__(self, other: Outcome) -> Self:
        self.events += other.events
        self.effects += other.effects
        return self
