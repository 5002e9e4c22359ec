"""What comes out of a room's state machine: events for people, effects on media and connections. Plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from rooms.protocol import ErrorCode, Message, ProducerInfo
    from rooms.state.commands import HandoverEnded, LanguageExpired

Audience = Literal["everybody", "moderators", "stage", "chat"]


@dataclass(frozen=True)
class Event:
    """A notification for an audience without `but`, and for `also`; where `only` or `among` is given, for nobody else.

    `stage` are those with a tile, `chat` those who may read the chat, `among` some by their ids.
    """

    message: Message
    but: str | None = None
    audience: Audience = "everybody"
    also: str | None = None
    only: str | None = None
    among: frozenset[str] | None = None

    @property
    def for_all(self) -> bool:
        """Whether everybody may know."""
        return self.audience == "everybody" and self.only is None and self.among is None

    @property
    def for_chat(self) -> bool:
        """Whether it is for all who may read the chat."""
        return self.audience == "chat" and self.only is None and self.among is None and self.also is None


@dataclass(frozen=True)
class ConsumeProducer:
    """Make consumers of a producer for these `receivers`, or (None) for everybody but its peer."""

    peer_id: str
    producer: ProducerInfo
    receivers: tuple[str, ...] | None = None


@dataclass(frozen=True)
class StopConsuming:
    """Close the consumers that these receivers have of a producer."""

    peer_id: str
    producer: ProducerInfo
    receivers: tuple[str, ...]


@dataclass(frozen=True)
class Later:
    """Carry out a command at a time, in Unix ms. It may come late or twice, and when it does not count any more."""

    command: LanguageExpired | HandoverEnded
    at_ms: int


@dataclass(frozen=True)
class ListenTo:
    """Have a microphone's levels heard. One that doesn't take part never dominates, and is always forwarded."""

    peer_id: str
    producer_id: str
    on: bool
    takes_part: bool


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
class LimitVideo:
    """Let nobody send more video than this, in bits/s; 0 for no limit."""

    bitrate_bps: int


@dataclass(frozen=True)
class AnswerWaiting:
    """Let a participant in who waits, or tell them that they may not."""

    peer_id: str
    admitted: bool


@dataclass(frozen=True)
class SendAway:
    """Close the connection of somebody who was removed, inside or in the waiting room, and their media."""

    peer_id: str
    display_name: str
    code: ErrorCode
    message: str


@dataclass(frozen=True)
class BeginCapture:
    """Have the recorder record this room."""


@dataclass(frozen=True)
class EndCapture:
    """Have the recorder record this room no more."""


@dataclass(frozen=True)
class SendAllAway:
    """Close all connections, inside (`display_names` by id) and in the waiting room, and all media."""

    display_names: dict[str, str]
    code: ErrorCode
    message: str


Effect = (
    ConsumeProducer
    | StopConsuming
    | Later
    | ListenTo
    | PauseMedia
    | CloseProducerMedia
    | CloseDataMedia
    | LimitVideo
    | AnswerWaiting
    | SendAway
    | BeginCapture
    | EndCapture
    | SendAllAway
)


@dataclass
class Outcome:
    """What a command led to, in order."""

    events: list[Event] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)

    def __iadd__(self, other: Outcome) -> Self:
        self.events += other.events
        self.effects += other.effects
        return self
