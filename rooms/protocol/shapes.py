"""What messages are made of: names, bounds, and the room as participants see it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from media.ortc.parameters import MediaKind

VERSION = 1
SUBPROTOCOL = f"meet.v{VERSION}"

Source = Literal["mic", "camera", "screen", "screenAudio"]
# What moderators can turn off, forbid and ask for; `screen` includes its sound.
Device = Literal["mic", "camera", "screen"]
Interface = Literal["call", "webinar"]
Role = Literal["participant", "moderator", "interpreter"]
# Why a recording ended though nobody wanted that.
RecordingProblem = Literal["diskFull", "writeError"]
Quality = Literal["unknown", "good", "fair", "poor"]
# Why a browser sends less than it could (W3C webrtc-stats: RTCQualityLimitationReason).
Limitation = Literal["none", "cpu", "bandwidth", "other"]

# What clients send is bounded here; what only we send needs no bounds.
Id = Annotated[str, Meta(max_length=128)]
Name = Annotated[str, Meta(max_length=1024)]
Label = Annotated[str, Meta(max_length=256)]
TicketText = Annotated[str, Meta(max_length=8192)]
ChatText = Annotated[str, Meta(min_length=1, max_length=4000)]
Bitrate = Annotated[int, Meta(ge=0, le=100_000_000)]
# Where a page of a list begins.
Offset = Annotated[int, Meta(ge=0, le=1_000_000)]
MessageId = Annotated[int, Meta(ge=1, le=2**53 - 1)]
RequestId = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class Message(msgspec.Struct, rename="camel"):
    """Base of all messages: camelCase on the wire."""


def wire_name(message: type[Message]) -> str:
    """The name of a request's method or of a notification's event: the class's name in camelCase."""
    name = message.__name__
    return name[0].lower() + name[1:]


class ProducerInfo(Message):
    """One thing a peer sends, as all peers see it."""

    id: str
    kind: MediaKind
    source: Source
    paused: bool


class Overrides(Message):
    """What a moderator has decided for one participant beside the room's rules; null where the rules count."""

    mic: bool | None = None
    camera: bool | None = None
    screen: bool | None = None


class Rules(Message):
    """What moderators have set for the whole room: who has to wait, whether it is locked, what may be sent."""

    waiting_room: bool = False
    locked: bool = False
    mic: bool = True
    camera: bool = True
    screen: bool = True


class PeerInfo(Message):
    """One participant with a tile, as all see them. Times are Unix time in ms; `hand_raised_at` is null for no hand."""

    id: str
    display_name: str
    role: Role
    joined_at: int
    producers: list[ProducerInfo]
    hand_raised_at: int | None = None
    absent: bool = False
    quality: Quality = "unknown"
    overrides: Overrides = msgspec.field(default_factory=Overrides)


class ViewerHand(Message):
    """A webinar's viewer who raised a hand; only moderators hear of it."""

    peer_id: str
    display_name: str
    raised_at: int


class ViewerInfo(Message):
    """A webinar's viewer in a moderator's list; `joined_at` is Unix time in ms."""

    peer_id: str
    display_name: str
    joined_at: int


class WaitingPeer(Message):
    """A participant who waits for a moderator to let them in; only moderators hear of it."""

    peer_id: str
    display_name: str
    since: int


class KickedPeer(Message):
    """A participant whom a moderator removed, and who can't come back unless let; only moderators hear of it."""

    peer_id: str
    display_name: str
    at: int


class ChatMessage(Message):
    """One line of the chat; `id` rises by one, `at` is Unix time in ms, the text is to be shown as plain text."""

    id: int
    peer_id: str
    display_name: str
    text: str
    at: int


class Permissions(Message):
    """What the server lets this participant do."""

    mic: bool
    camera: bool
    screen: bool
    chat: bool
    hand: bool
    moderate: bool
    record: bool


class Me(Message):
    """What only this participant needs to know of themselves. A viewer has no tile."""

    peer_id: str
    display_name: str
    role: Role
    viewer: bool
    permissions: Permissions
    hand_raised_at: int | None


class DirectionReport(Message):
    """What a browser measured of all that it sends, or of all that it receives, since its last report.

    Null where it can't tell, and 0 or a share from 0 to 1 otherwise; the room brings back into bounds what is not.
    `width`, `height` and `frame_rate` are those of the largest video; `dropped` is the share of pictures that came and
    were not shown, `concealed` that of sound that had to be made up.
    """

    round_trip_ms: float | None = None
    loss: float | None = None
    jitter_ms: float | None = None
    bitrate_bps: float | None = None
    available_bps: float | None = None
    width: float | None = None
    height: float | None = None
    frame_rate: float | None = None
    freezes: float | None = None
    frozen_ms: float | None = None
    concealed: float | None = None
    dropped: float | None = None
    limited_by: Limitation = "none"


class RoomSnapshot(Message):
    """Everything a client needs to draw the room as one participant may see it; events change exactly these fields.

    `viewers` counts the webinar's viewers, who are not listed. `max_bitrate_bps` 0 means no limit. `recording_since`
    is Unix time in ms, null while the meeting is not recorded. `dominant_speaker` is the peer id of who spoke last for
    longer than a word, null before anybody has.
    """

    room_id: str
    me: Me
    peers: list[PeerInfo]
    viewers: int
    viewer_hands: list[ViewerHand]
    waiting: list[WaitingPeer]
    kicked: list[KickedPeer]
    rules: Rules
    chat: list[ChatMessage]
    video_codec: str
    video_url: str
    max_bitrate_bps: int
    recording_since: int | None
    dominant_speaker: str | None
