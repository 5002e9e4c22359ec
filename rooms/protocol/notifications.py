"""What a room tells its participants: each class is an event on the wire, under its name in camelCase."""

from __future__ import annotations

from typing import Final, Literal

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
    Handover,
    Interpretation,
    KickedPeer,
    ListeningReason,
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


class Notification(Message):
    """Base of all events."""


class Hello(Notification):
    """First frame after the socket opens: the protocol's version and what the router can handle."""

    version: int
    router_rtp_capabilities: RtpCapabilities


class PeerJoined(Notification):
    """Another participant entered, or somebody (perhaps me) was brought on stage and has a tile now."""

    peer: PeerInfo


class PeerLeft(Notification):
    """Another participant left, or their connection was lost; or somebody (perhaps me) only watches now."""

    peer_id: str
    reason: Literal["left", "lost", "replaced", "kicked", "viewing"]


class PeerRenamed(Notification):
    """A participant (perhaps me) has another name now."""

    peer_id: str
    display_name: str


class ProducerAdded(Notification):
    """A peer (perhaps me) started to send something."""

    peer_id: str
    producer: ProducerInfo


class ProducerPaused(Notification):
    """A producer was paused or resumed."""

    peer_id: str
    producer_id: str
    paused: bool


class ProducerRemoved(Notification):
    """A producer ended."""

    peer_id: str
    producer_id: str


class AbsenceChanged(Notification):
    """A peer looks elsewhere, or is back."""

    peer_id: str
    absent: bool


class QualityChanged(Notification):
    """A peer's connection got better or worse."""

    peer_id: str
    quality: Quality


class DominantSpeakerChanged(Notification):
    """Another participant (perhaps I) dominates the conversation, also while they pause; null for nobody.

    It is told at most once a second, and by a node that hears all microphones.
    """

    peer_id: str | None


class HandChanged(Notification):
    """A participant (perhaps me) raised a hand or took it down. Of a viewer's, moderators and they themselves hear."""

    peer_id: str
    display_name: str
    viewer: bool
    raised_at: int | None


class ViewersChanged(Notification):
    """Another number of viewers; of many, it is told twice a second at most."""

    count: int


class ViewerJoined(Notification):
    """To those with a tile, where the account wants it and few watch: somebody came who only watches."""

    peer_id: str
    display_name: str


class ViewerLeft(Notification):
    """To those with a tile, where the account wants it and few watch: somebody who only watched is gone."""

    peer_id: str
    display_name: str


class ChatAdded(Notification):
    """A participant (perhaps me) wrote something."""

    message: ChatMessage


class ChatCleared(Notification):
    """Everything that was written so far is gone."""


class ChatRemoved(Notification):
    """A moderator took one message away."""

    message_id: int


class PermissionsChanged(Notification):
    """I may do more or less than before; a viewer who was brought on stage is none any more."""

    permissions: Permissions
    viewer: bool


class TrackStopped(Notification):
    """A moderator turned my microphone or camera off, or ended my screen share."""

    device: Device


class AskedToTurnOn(Notification):
    """A moderator of this name (or of none: the account's own server) asks me to turn a device on."""

    device: Device
    display_name: str


class RulesChanged(Notification):
    """Moderators have set other rules for the room."""

    rules: Rules


class OverridesChanged(Notification):
    """A moderator decided something else for a participant (perhaps me) with a tile."""

    peer_id: str
    overrides: Overrides


class VideoUrlChanged(Notification):
    """Everybody watches this player together from now on; empty for none."""

    url: str


class MaxBitrateChanged(Notification):
    """Nobody may send video with more bits/s than this; 0 for no limit."""

    bitrate_bps: int


class RecordingChanged(Notification):
    """The meeting is being recorded since this Unix time in ms; null: not any more."""

    since: int | None


class RecordingFailed(Notification):
    """To moderators: the recording ended, or could not begin, without anybody having wanted that."""

    problem: RecordingProblem


class RecordingResumed(Notification):
    """After my `join`: the recording goes on, without so many ms in which the server was away."""

    missing_ms: int


class Waiting(Notification):
    """My `join` waits for a moderator."""


class Knocked(Notification):
    """To moderators: somebody wants to come in."""

    peer: WaitingPeer


class KnockEnded(Notification):
    """To moderators: somebody doesn't wait any more: they were let in, turned away, or gave up."""

    peer_id: str


class Kicked(Notification):
    """To moderators: somebody was removed."""

    peer: KickedPeer


class KickEnded(Notification):
    """To moderators: somebody who was removed may come back."""

    peer_id: str


class InterpretationChanged(Notification):
    """Interpretation was turned on or off, or other languages can be chosen, or others interpret."""

    interpretation: Interpretation


class ListeningChanged(Notification):
    """I hear the interpreters of this language from now on, or (empty) the original only."""

    language: str
    reason: ListeningReason


class HandoverChanged(Notification):
    """To the interpreters of one language: an offer to hand or take over, or one that was accepted; null: none."""

    handover: Handover | None


class HandoverDue(Notification):
    """To both interpreters: now the taker's microphone goes on and the giver's off. The handover is over."""

    giver: str
    taker: str


class VideoCodecChanged(Notification):
    """The codec that every receiver can decode changed: produce video again with this one."""

    mime_type: str


class ConsumerCreated(Notification):
    """The server made a paused consumer for me on my receive transport; `language` is the producer's."""

    consumer_id: str
    peer_id: str
    producer_id: str
    kind: MediaKind
    type: ProducerType
    source: Source
    producer_paused: bool
    rtp_parameters: RtpParameters
    language: str = ""


class ConsumerClosed(Notification):
    """One of my consumers is gone."""

    consumer_id: str


class ConsumerLayersChanged(Notification):
    """Which layers a consumer of a video that is mine now gets; null while it gets none.

    `exceeds_link` tells that it gets none because my connection does not carry it, `server_busy` that it gets none
    because the server has too much to do; it comes back by itself. Pictures that are left out for a moment, because too
    much waits for a narrow connection, are no change.
    """

    consumer_id: str
    layers: ConsumerLayers | None
    exceeds_link: bool = False
    server_busy: bool = False


class ProducerLayersWanted(Notification):
    """Somebody receives so many spatial layers of my video, the smallest first; the others need not be sent.

    `max_bitrates` has the bits/s with which to encode each layer at most, as nobody who receives it has place for more;
    0 for no limit.
    """

    producer_id: str
    spatial_layers: int
    max_bitrates: list[int]


class DataConsumerCreated(Notification):
    """The server opened a data channel to me on my receive transport."""

    data_consumer_id: str
    peer_id: str
    data_producer_id: str
    label: str
    protocol: str
    sctp_stream_parameters: SctpStreamParameters


class TransportFailed(Notification):
    """One of my transports lost its ICE consent or its DTLS failed: restart ICE or join again."""

    transport_id: str
    reason: Literal["ice", "dtls"]


class Closing(Notification):
    """The server is about to close this socket; `code` is an error code, `message` for people."""

    code: str
    message: str


# Every event, in the order of this module.
NOTIFICATIONS: Final[tuple[type[Notification], ...]] = tuple(Notification.__subclasses__())
