"""What a room's state machine takes: requests, and what the node reports. What comes out is in `rooms.state.outcome`.

Requests are those of `rooms.protocol.requests`; here is the rest, as plain values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from rooms.state.identity import Identity
from rooms.state.waiting_places import Origin

if TYPE_CHECKING:
    from rooms.protocol import Quality, RecordingProblem, Request, Source
    from rooms.state.ticket import Ticket


@dataclass(frozen=True)
class Enter:
    """A participant with a valid ticket comes in, under this name.

    `video_codecs` are the lower-case MIME types that they can receive.
    """

    ticket: Ticket
    display_name: str
    video_codecs: frozenset[str]

    @property
    def peer_id(self) -> str:
        """Who comes in."""
        return self.ticket.peer_id

    @property
    def identity(self) -> Identity:
        """What stands behind the peer id."""
        return self.ticket.identity


@dataclass(frozen=True)
class Wait:
    """A participant comes into the waiting room."""

    peer_id: str
    display_name: str
    identity: Identity = field(default_factory=Identity)
    origin: Origin = field(default_factory=Origin)


@dataclass(frozen=True)
class GiveUp:
    """A participant's connection is gone while they waited."""

    peer_id: str


@dataclass(frozen=True)
class Exit:
    """A participant leaves, is removed, or their connection is lost or taken over."""

    peer_id: str
    reason: Literal["left", "lost", "replaced", "kicked"]


@dataclass(frozen=True)
class AddProducer:
    """A media producer was made for somebody."""

    peer_id: str
    producer_id: str
    source: Source
    paused: bool


@dataclass(frozen=True)
class SetQuality:
    """Media measured somebody's connection."""

    peer_id: str
    quality: Quality


@dataclass(frozen=True)
class SetDominantSpeaker:
    """Media found out who dominates the conversation; None for nobody."""

    peer_id: str | None


@dataclass(frozen=True)
class RecordingBegan:
    """The recorder records, since this Unix time in ms."""

    since_ms: int


@dataclass(frozen=True)
class RecordingEnded:
    """The recorder does not record any more, or can't: `problem` is why, if nobody wanted that."""

    problem: RecordingProblem | None


@dataclass(frozen=True)
class LanguageExpired:
    """The time is over in which an interpreter of this language could come back, if none has."""

    language: str


@dataclass(frozen=True)
class HandoverEnded:
    """The time of a handover in this language has come: of an offer to be forgotten, or of the change."""

    language: str


@dataclass(frozen=True)
class By:
    """A request of somebody inside, or of the account's own server (None), which may do what moderators may."""

    actor: str | None
    request: Request


Command = (
    By
    | Enter
    | Wait
    | GiveUp
    | Exit
    | AddProducer
    | SetQuality
    | SetDominantSpeaker
    | RecordingBegan
    | RecordingEnded
    | LanguageExpired
    | HandoverEnded
)
