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
# Why an interpreter may not speak: the token has no `featureInterpreters`, it names no language that the account has,
# or the account does without interpretation.
InterpreterProblem = Literal["", "feature", "language", "account"]
# Why somebody hears another language from now on: they chose it, their link asked for it and now it is there, no
# interpreter has come back in time, or a moderator turned interpretation off.
ListeningReason = Literal["chosen", "preselected", "lost", "off"]

# What clients send is bounded here; what only we send needs no bounds.
Id = Annotated[str, Meta(max_length=128)]
Name = Annotated[str, Meta(max_length=1024)]
Label = Annotated[str, Meta(max_length=256)]
TicketText = Annotated[str, Meta(max_length=8192)]
ChatText = Annotated[str, Meta(min_length=1, max_length=4000)]
Bitrate = Annotated[int, Meta(ge=0, le=100_000_000)]
# Where a page of a list begins.
Offset = Annotated[int, Meta(ge=0, le=1_000_000)]
# A BCP 47 tag (RFC 5646 section 4.4.1 has no longer ones in mind); empty for the original.
LanguageTag = Annotated[str, Meta(max_length=35)]
# How long before an interpreter takes over from another.
HandoverSeconds = Annotated[int, Meta(ge=0, le=60)]
MessageId = Annotated[int, Meta(ge=1, le=2**53 - 1)]
RequestId = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class Message(msgspec.Struct, rename="camel"):
    """Base of all messages: camelCase on the wire."""


class Repeated(Message, omit_defaults=True):
    """Base of what is sent of each of hundreds: what has its default is left out."""


def wire_name(message: type[Message]) -> str:
    """The name of a request's method or of a notification's event: the class's name in camelCase."""
    name = message.__name__
    return name[0].lower() + name[1:]


class IceServer(Message):
    """A TURN server's addresses (RFC 7065) and credentials, as W3C's RTCIceServer has them; they expire."""

    urls: list[str]
    username: str
    credential: str


class ProducerInfo(Repeated):
    """One thing a peer sends, as all see it; `language` is an interpreter's, empty for what is of the original."""

    id: str
    kind: MediaKind
    source: Source
    paused: bool
    language: str = ""


class Overrides(Repeated):
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


class PeerInfo(Repeated):
    """One participant with a tile, as all see them. Times are Unix time in ms; `hand_raised_at` is null for no hand.

    `language` is the one into which an interpreter interprets, empty for everybody else.
    """

    id: str
    display_name: str
    role: Role
    joined_at: int
    producers: list[ProducerInfo]
    hand_raised_at: int | None = None
    absent: bool = False
    quality: Quality = "unknown"
    overrides: Overrides = msgspec.field(default_factory=Overrides)
    language: str = ""


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
    """What the server lets this participant do. With `interpretation` they turn it on and off for the room."""

    mic: bool
    camera: bool
    screen: bool
    chat: bool
    hand: bool
    moderate: bool
    record: bool
    interpretation: bool = False


class Me(Message):
    """What only this participant needs to know of themselves. A viewer has no tile.

    `listening` is the language whose interpreters they hear, empty for the original only. `language` is the one into
    which they interpret themselves; `interpreter_problem` says why an interpreter has none.
    """

    peer_id: str
    display_name: str
    role: Role
    viewer: bool
    permissions: Permissions
    hand_raised_at: int | None
    listening: str = ""
    language: str = ""
    interpreter_problem: InterpreterProblem = ""


class InterpretedLanguage(Message):
    """A channel: one language with all who interpret into it, in the order of coming. `name` is in that language.

    `expires_at` is when it goes if no interpreter comes back until then, in Unix ms; null while there is one.
    """

    tag: str
    name: str
    interpreters: list[str]
    expires_at: int | None = None


class Interpretation(Message):
    """Whether there is interpretation in this room, and the languages to choose from, in the order of appearance."""

    enabled: bool = False
    languages: list[InterpretedLanguage] = msgspec.field(default_factory=list)


class Handover(Message):
    """One interpreter takes over from another: from `giver`, who is live, to `taker`; the empty one is not yet found.

    While it is open, `due_at` is null and `expires_at` says in Unix ms when the offer counts no more. Once it is
    accepted, `due_at` is when the taker's microphone goes on and the giver's off.
    """

    giver: str
    taker: str
    seconds: int
    expires_at: int
    due_at: int | None = None


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
    longer than a word, null before anybody has. `handover` is one among the interpreters of my own language.
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
    interpretation: Interpretation = msgspec.field(default_factory=Interpretation)
    handover: Handover | None = None
