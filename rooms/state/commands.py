"""What a room's state machine takes: requests, and what the node reports. What comes out is in `rooms.state.outcome`.

Requests are those of `rooms.protocol.requests`; here is the rest, as plain values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from rooms.state.identity import Identity, Proof
from rooms.state.waiting_places import Origin

if TYPE_CHECKING:
    from rooms.protocol import Quality, RecordingProblem, Request, Role, Source


@dataclass(frozen=True)
class Enter:
    """Somebody with a valid ticket comes in; `video_codecs` are the lower-case MIME types they can receive.

    A moderator with `can_record` may have the meeting recorded; with `recorded` it is recorded anyway.
    With `viewers_told` those with a tile hear of every viewer who comes or goes, while they are few.

    The limits count for this entry: 0 for none. `video_url` is what everybody shall watch, from a link that may
    bring such a player.
    Moderators and interpreters have work to do: `viewer` means nothing for them.

    `proof` says where the peer id comes from, `session` is the secret of the page (`rooms.state.identity`).
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
    can_record: bool = False
    recorded: bool = False
    viewers_told: bool = False
    max_broadcasters: int = 0
    max_watchers: int = 0
    video_url: str = ""
    proof: Proof = "link"
    session: str = ""

    @property
    def identity(self) -> Identity:
        """What stands behind the peer id."""
        return Identity(self.proof, self.session, moderator=self.role == "moderator")

    @property
    def only_watches(self) -> bool:
        """Whether they come without a tile, and may be brought on stage."""
        return self.viewer and self.role == "participant"


@dataclass(frozen=True)
class Knock:
    """Somebody who can't come in by themselves waits at the door."""

    peer_id: str
    display_name: str
    identity: Identity = field(default_factory=Identity)
    origin: Origin = field(default_factory=Origin)


@dataclass(frozen=True)
class GiveUp:
    """Somebody doesn't wait at the door any more."""

    peer_id: str


@dataclass(frozen=True)
class Exit:
    """Somebody goes, or is gone."""

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
class RecordingBegan:
    """The recorder records, since this Unix time in ms."""

    since_ms: int


@dataclass(frozen=True)
class RecordingEnded:
    """The recorder does not record any more, or can't: `problem` is why, if nobody wanted that."""

    problem: RecordingProblem | None


@dataclass(frozen=True)
class By:
    """A request of somebody inside, or of the account's own server (None), which may do what moderators may."""

    actor: str | None
    request: Request


Command = By | Enter | Knock | GiveUp | Exit | AddProducer | SetQuality | RecordingBegan | RecordingEnded
