"""What can be asked of a room's state machine. Plain values; what comes out is in `rooms.state.outcome`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

# The control API makes some of these out of JSON, so the types must be there at run time.
from rooms.protocol import Device, Quality, RecordingProblem, Role, Source  # noqa: TC001
from rooms.state.identity import Identity, Proof
from rooms.state.waiting_places import Origin

# `actor` is who asks, and None is the account's own server, which may do what moderators may; `peer_id` is whom it is
# about. Where both are the same, there is `peer_id` only.


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
class AdmitPeer:
    """A moderator opens the door or shows somebody away from it."""

    actor: str | None
    peer_id: str
    admitted: bool


@dataclass(frozen=True)
class AdmitAll:
    """A moderator opens the door for all who wait, or shows all of them away."""

    actor: str | None
    admitted: bool


@dataclass(frozen=True)
class SetWaitingRoom:
    """A moderator has newcomers wait, or not."""

    actor: str | None
    enabled: bool


@dataclass(frozen=True)
class SetLocked:
    """A moderator locks the room, or unlocks it."""

    actor: str | None
    locked: bool


@dataclass(frozen=True)
class Kick:
    """A moderator removes somebody, inside or at the door; with `ban` they can't come back until they are let."""

    actor: str | None
    peer_id: str
    ban: bool = True


@dataclass(frozen=True)
class LetBack:
    """A moderator lets somebody come back who was removed."""

    actor: str | None
    peer_id: str


@dataclass(frozen=True)
class EndMeeting:
    """A moderator sends everybody away."""

    actor: str | None


@dataclass(frozen=True)
class Exit:
    """Somebody goes, or is gone."""

    peer_id: str
    reason: Literal["left", "lost", "replaced", "kicked"]


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

    actor: str | None
    peer_id: str
    raised: bool


@dataclass(frozen=True)
class LowerAllHands:
    """A moderator takes everybody's hand down."""

    actor: str | None


@dataclass(frozen=True)
class Say:
    """Somebody writes to everybody."""

    peer_id: str
    text: str


@dataclass(frozen=True)
class RemoveMessage:
    """A moderator takes one message away from everybody."""

    actor: str | None
    message_id: int


@dataclass(frozen=True)
class ClearChat:
    """Everything that was written is taken away from everybody. Only the account's own server asks for it."""

    actor: str | None


@dataclass(frozen=True)
class StopVideo:
    """A moderator takes the player away that everybody watches together."""

    actor: str | None


@dataclass(frozen=True)
class StopTracks:
    """A moderator turns microphones or cameras off or ends shared screens: one peer's, or (None) all but the own."""

    actor: str | None
    peer_id: str | None
    device: Device


@dataclass(frozen=True)
class Allow:
    """A moderator allows or forbids one participant a device, whatever the room's rules say."""

    actor: str | None
    peer_id: str
    device: Device
    allowed: bool


@dataclass(frozen=True)
class AllowAll:
    """A moderator allows or forbids a device to everybody but moderators."""

    actor: str | None
    device: Device
    allowed: bool


@dataclass(frozen=True)
class AskToTurnOn:
    """A moderator asks somebody to turn a device on."""

    actor: str | None
    peer_id: str
    device: Device


@dataclass(frozen=True)
class SetStage:
    """A moderator brings a viewer on stage or back."""

    actor: str | None
    peer_id: str
    on_stage: bool


@dataclass(frozen=True)
class StartRecording:
    """A moderator whose link allows it has the meeting recorded."""

    actor: str | None


@dataclass(frozen=True)
class StopRecording:
    """A moderator whose link allows it ends the recording."""

    actor: str | None


@dataclass(frozen=True)
class RecordingBegan:
    """The recorder records, since this Unix time in ms."""

    since_ms: int


@dataclass(frozen=True)
class RecordingEnded:
    """The recorder does not record any more, or can't: `problem` is why, if nobody wanted that."""

    problem: RecordingProblem | None


@dataclass(frozen=True)
class LimitBitrate:
    """A moderator limits everybody's video, in bits/s; 0 for no limit."""

    actor: str | None
    bitrate_bps: int


Command = (
    Enter
    | Knock
    | GiveUp
    | AdmitPeer
    | AdmitAll
    | SetWaitingRoom
    | SetLocked
    | Kick
    | LetBack
    | EndMeeting
    | Exit
    | Rename
    | AddProducer
    | SetProducerPaused
    | RemoveProducer
    | StopTracks
    | StopVideo
    | Allow
    | AllowAll
    | AskToTurnOn
    | SetPeerAbsent
    | SetQuality
    | SetHand
    | LowerAllHands
    | Say
    | ClearChat
    | RemoveMessage
    | SetStage
    | StartRecording
    | StopRecording
    | RecordingBegan
    | RecordingEnded
    | LimitBitrate
)
