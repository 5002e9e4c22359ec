"""What a room tells its participants. `NOTIFICATIONS` lists it."""

from __future__ import annotations

from typing import Literal

from media.ortc.parameters import (
    ConsumerLayers,
    MediaKind,
    ProducerType,
    RtpCapabilities,
    RtpParameters,
    SctpStreamParameters,
)
from rooms.protocol.shapes import (
    ChatMessage,
    Device,
    KickedPeer,
    Message,
    Overrides,
    PeerInfo,
    Permissions,
    ProducerInfo,
    Quality,
    RecordingProblem,
    Rules,
    Source,
    WaitingPeer,
)


class Hello(Message):
    """First frame after the socket opens: the protocol's version and what the router can handle."""

    version: int
    router_rtp_capabilities: RtpCapabilities


class PeerJoined(Message):
    """Somebody else entered, or somebody (perhaps me) was brought on stage and has a tile now."""

    peer: PeerInfo


class PeerLeft(Message):
    """Somebody else is gone: they left or their connection was lost; or somebody (perhaps me) only watches now."""

    peer_id: str
    reason: Literal["left", "lost", "replaced", "kicked", "viewing"]


class PeerRenamed(Message):
    """Somebody (perhaps me) has another name now."""

    peer_id: str
    display_name: str


class ProducerAdded(Message):
    """A peer (perhaps me) started to send something."""

    peer_id: str
    producer: ProducerInfo


class ProducerPaused(Message):
    """A producer was paused or resumed."""

    peer_id: str
    producer_id: str
    paused: bool


class ProducerRemoved(Message):
    """A producer ended."""

    peer_id: str
    producer_id: str


class AbsenceChanged(Message):
    """A peer looks elsewhere, or is back."""

    peer_id: str
    absent: bool


class QualityChanged(Message):
    """A peer's connection got better or worse."""

    peer_id: str
    quality: Quality


class HandChanged(Message):
    """Somebody (perhaps me) raised a hand or took it down. Of a viewer's, only moderators and they themselves hear."""

    peer_id: str
    display_name: str
    viewer: bool
    raised_at: int | None


class ViewersChanged(Message):
    """Another number of viewers; of many, it is told twice a second at most."""

    count: int


class ViewerJoined(Message):
    """To those with a tile, where the account wants it and few watch: somebody came who only watches."""

    peer_id: str
    display_name: str


class ViewerLeft(Message):
    """To those with a tile, where the account wants it and few watch: somebody who only watched is gone."""

    peer_id: str
    display_name: str


class ChatAdded(Message):
    """Somebody (perhaps me) wrote something."""

    message: ChatMessage


class ChatCleared(Message):
    """Everything that was written so far is gone."""


class ChatRemoved(Message):
    """A moderator took one message away."""

    message_id: int


class PermissionsChanged(Message):
    """I may do more or less than before; a viewer who was brought on stage is none any more."""

    permissions: Permissions
    viewer: bool


class TrackStopped(Message):
    """A moderator turned my microphone or camera off, or ended my screen share."""

    device: Device


class AskedToTurnOn(Message):
    """A moderator of this name (or of none: the account's own server) asks me to turn a device on."""

    device: Device
    display_name: str


class RulesChanged(Message):
    """Moderators have set other rules for the room."""

    rules: Rules


class OverridesChanged(Message):
    """A moderator decided something else for a participant (perhaps me) with a tile."""

    peer_id: str
    overrides: Overrides


class VideoUrlChanged(Message):
    """Everybody watches this player together from now on; empty for none."""

    url: str


class MaxBitrateChanged(Message):
    """Nobody may send video with more bits/s than this; 0 for no limit."""

    bitrate_bps: int


class RecordingChanged(Message):
    """The meeting is being recorded since this Unix time in ms; null: not any more."""

    since: int | None


class RecordingFailed(Message):
    """To moderators: the recording ended, or could not begin, without anybody having wanted that."""

    problem: RecordingProblem


class RecordingResumed(Message):
    """After my `join`: the recording goes on, without so many ms in which the server was away."""

    missing_ms: int


class Waiting(Message):
    """My `join` waits for a moderator."""


class Knocked(Message):
    """To moderators: somebody wants to come in."""

    peer: WaitingPeer


class KnockEnded(Message):
    """To moderators: somebody doesn't wait any more: they were let in, turned away, or gave up."""

    peer_id: str


class Kicked(Message):
    """To moderators: somebody was removed."""

    peer: KickedPeer


class KickEnded(Message):
    """To moderators: somebody who was removed may come back."""

    peer_id: str


class VideoCodecChanged(Message):
    """The codec that every receiver can decode changed: produce video again with this one."""

    mime_type: str


class ConsumerCreated(Message):
    """The server made a paused consumer for me on my receive transport."""

    consumer_id: str
    peer_id: str
    producer_id: str
    kind: MediaKind
    type: ProducerType
    source: Source
    producer_paused: bool
    rtp_parameters: RtpParameters


class ConsumerClosed(Message):
    """One of my consumers is gone."""

    consumer_id: str


class ConsumerLayersChanged(Message):
    """Which layers a consumer of mine now gets; null while it gets none."""

    consumer_id: str
    layers: ConsumerLayers | None


class DataConsumerCreated(Message):
    """The server opened a data channel to me on my receive transport."""

    data_consumer_id: str
    peer_id: str
    data_producer_id: str
    label: str
    protocol: str
    sctp_stream_parameters: SctpStreamParameters


class TransportFailed(Message):
    """One of my transports lost its ICE consent or its DTLS failed: restart ICE or join again."""

    transport_id: str
    reason: Literal["ice", "dtls"]


class Closing(Message):
    """The server is about to close this socket; `code` is an error code, `message` for people."""

    code: str
    message: str


# The event on the wire is the class's name in camelCase.
NOTIFICATIONS: tuple[type[Message], ...] = (
    Hello,
    PeerJoined,
    PeerLeft,
    PeerRenamed,
    ProducerAdded,
    ProducerPaused,
    ProducerRemoved,
    AbsenceChanged,
    QualityChanged,
    HandChanged,
    ViewersChanged,
    ViewerJoined,
    ViewerLeft,
    ChatAdded,
    ChatRemoved,
    ChatCleared,
    PermissionsChanged,
    TrackStopped,
    AskedToTurnOn,
    RulesChanged,
    OverridesChanged,
    VideoUrlChanged,
    MaxBitrateChanged,
    RecordingChanged,
    RecordingFailed,
    RecordingResumed,
    Waiting,
    Knocked,
    KnockEnded,
    Kicked,
    KickEnded,
    VideoCodecChanged,
    ConsumerCreated,
    ConsumerClosed,
    ConsumerLayersChanged,
    DataConsumerCreated,
    TransportFailed,
    Closing,
)
