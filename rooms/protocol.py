"""The signalling protocol: every message a browser and a room exchange, as typed structs.

Frames are JSON text over one WebSocket with the subprotocol `meet.v1`:

* request, client to server: ``{"id": 7, "method": "produce", "data": {…}}``
* response: ``{"id": 7, "ok": true, "data": {…}}`` or
  ``{"id": 7, "ok": false, "error": {"code": "notJoined", "message": "…"}}``
* notification, server to client: ``{"event": "peerJoined", "data": {…}}``

`RESPONSES` lists the requests with their answers, `NOTIFICATIONS` the events. The TypeScript types in
`static/src/signal/protocol.ts` are generated from this file. This module does no I/O and knows no Django.

Being there: a client that has joined sends a frame at least every 4 seconds, a `ping` when it has nothing else to
say. One that has been silent for 9 seconds counts as lost, whatever its TCP connection looks like: the others hear
`peerLeft` with the reason `lost`, the socket is closed with code 4410, and the client may join again. (Timers of
hidden pages are slowed down: count the seconds in a worker.)

Limits: a `join` has 64 KiB at most, any other frame 16 KiB, with no text over 8 KiB, nothing nested deeper than
10 levels, and no integer beyond 2^53. Requests are answered up to 100 a second for long and 400 at once; those that
everybody in the room hears about count five times. Beyond that the socket is closed with code 4429.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from media.parameters import (
    ConsumerLayers,
    DtlsParameters,
    IceParameters,
    MediaKind,
    ProducerType,
    RtpCapabilities,
    RtpParameters,
    SctpCapabilities,
    SctpStreamParameters,
    TransportOptions,
)

VERSION = 1
SUBPROTOCOL = f"meet.v{VERSION}"

Source = Literal["mic", "camera", "screen", "screenAudio"]
Interface = Literal["call", "webinar"]

# What clients send is bounded here; what only we send needs no bounds.
Id = Annotated[str, Meta(max_length=128)]
Name = Annotated[str, Meta(max_length=1024)]
Label = Annotated[str, Meta(max_length=256)]
TicketText = Annotated[str, Meta(max_length=8192)]
RequestId = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class Message(msgspec.Struct, rename="camel"):
    """Base of all messages: camelCase on the wire."""


class ProducerInfo(Message):
    """One thing a peer sends, as all peers see it."""

    id: str
    kind: MediaKind
    source: Source
    paused: bool


class PeerInfo(Message):
    """One participant, as all peers see them. `joined_at` is Unix time in ms."""

    id: str
    display_name: str
    joined_at: int
    producers: list[ProducerInfo]


class RoomSnapshot(Message):
    """Everything a client needs to draw the room; events change exactly these fields."""

    room_id: str
    peers: list[PeerInfo]
    video_codec: str


# --- requests -------------------------------------------------------------------------------------


class Join(Message):
    """Enter the room that the ticket names. Must be the first request but `ping`."""

    ticket: TicketText
    rtp_capabilities: RtpCapabilities
    display_name: Name = ""
    sctp_capabilities: SctpCapabilities | None = None


class Joined(Message):
    """Answer to `join`: who I am, the room as it stands, and both transports ready to connect."""

    peer_id: str
    room: RoomSnapshot
    send_transport: TransportOptions
    recv_transport: TransportOptions


class Leave(Message):
    """Leave on purpose; the server closes the socket afterwards with code 1000."""


class Ping(Message):
    """Ask whether the server is still there; answered at once, also before `join`."""


class ConnectTransport(Message):
    """Give the client's DTLS parameters for one of its transports."""

    transport_id: Id
    dtls_parameters: DtlsParameters


class RestartIce(Message):
    """Ask for new ICE credentials on one transport (RFC 8445 section 9)."""

    transport_id: Id


class IceRestarted(Message):
    """Answer to `restartIce`."""

    ice_parameters: IceParameters


class Produce(Message):
    """Start sending one track on the send transport."""

    kind: MediaKind
    source: Source
    rtp_parameters: RtpParameters
    paused: bool = False


class Produced(Message):
    """Answer to `produce`."""

    producer_id: str


class PauseProducer(Message):
    """Stop forwarding one of my producers (mic off)."""

    producer_id: Id


class ResumeProducer(Message):
    """Forward one of my producers again."""

    producer_id: Id


class CloseProducer(Message):
    """End one of my producers."""

    producer_id: Id


class PauseConsumer(Message):
    """Stop receiving one consumer, for example because its tile is not visible."""

    consumer_id: Id


class ResumeConsumer(Message):
    """Receive one consumer; new consumers start paused and wait for this."""

    consumer_id: Id


class SetPreferredLayers(Message):
    """Ask for at most these layers of a simulcast or SVC consumer."""

    consumer_id: Id
    layers: ConsumerLayers


class RequestKeyFrame(Message):
    """Ask the producer behind a video consumer for a keyframe."""

    consumer_id: Id


class ProduceData(Message):
    """Announce a data channel that the client opened on its send transport."""

    sctp_stream_parameters: SctpStreamParameters
    label: Label = ""
    protocol: Label = ""


class DataProduced(Message):
    """Answer to `produceData`."""

    data_producer_id: str


class SetDisplayName(Message):
    """Change my name, where it is not fixed by the ticket."""

    display_name: Name


class Done(Message):
    """The empty answer."""


# Each request with its answer; the method on the wire is the class's name in camelCase.
RESPONSES: dict[type[Message], type[Message]] = {
    Join: Joined,
    Leave: Done,
    Ping: Done,
    ConnectTransport: Done,
    RestartIce: IceRestarted,
    Produce: Produced,
    PauseProducer: Done,
    ResumeProducer: Done,
    CloseProducer: Done,
    PauseConsumer: Done,
    ResumeConsumer: Done,
    SetPreferredLayers: Done,
    RequestKeyFrame: Done,
    ProduceData: DataProduced,
    SetDisplayName: Done,
}


# --- notifications --------------------------------------------------------------------------------


class Hello(Message):
    """First frame after the socket opens: the protocol's version and what the router can handle."""

    version: int
    router_rtp_capabilities: RtpCapabilities


class PeerJoined(Message):
    """Somebody else entered."""

    peer: PeerInfo


class PeerLeft(Message):
    """Somebody else is gone: they left, or their connection was lost."""

    peer_id: str
    reason: Literal["left", "lost", "replaced"]


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
    VideoCodecChanged,
    ConsumerCreated,
    ConsumerClosed,
    ConsumerLayersChanged,
    DataConsumerCreated,
    TransportFailed,
    Closing,
)


# --- errors ---------------------------------------------------------------------------------------

ErrorCode = Literal[
    "malformedMessage",
    "unknownMethod",
    "invalidData",
    "notJoined",
    "alreadyJoined",
    "ticketInvalid",
    "ticketExpired",
    "wrongNode",
    "notFound",
    "notAllowed",
    "unsupportedCodec",
    "nameFixed",
    "nameInvalid",
    "tooManyRequests",
    "serverClosing",
    "peerReplaced",
    "internalError",
]


class ErrorInfo(Message):
    """Why a request was refused; `message` is a full sentence for people."""

    code: ErrorCode
    message: str
    data: dict[str, Any] = {}


# --- envelopes ------------------------------------------------------------------------------------


class Request(Message):
    """A request's envelope; `data` stays raw until its method is known."""

    id: RequestId
    method: Id
    data: msgspec.Raw = msgspec.Raw(b"{}")


class Response(Message):
    """A successful answer's envelope."""

    id: int
    data: Message
    ok: bool = True


class Refusal(Message):
    """A refused request's envelope; `id` is null where the request had none that could be read."""

    id: int | None
    error: ErrorInfo
    ok: bool = False


class Notification(Message):
    """An event's envelope."""

    event: str
    data: Message


def wire_name(message: type[Message]) -> str:
    """The name of a request's method or of a notification's event: the class's name in camelCase."""
    name = message.__name__
    return name[0].lower() + name[1:]


REQUESTS: dict[str, type[Message]] = {wire_name(request): request for request in RESPONSES}
