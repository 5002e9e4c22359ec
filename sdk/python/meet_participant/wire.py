"""What goes over the wire, in JSON. Generated from rooms/protocol/ by `make generate`; do not edit."""

from __future__ import annotations

from typing import Any, Final, Literal, NotRequired, TypedDict

SUBPROTOCOL: Final = "meet.v1"


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
    "notModerator",
    "notAdmitted",
    "kicked",
    "meetingEnded",
    "roomFull",
    "roomLocked",
    "tooManyBroadcasters",
    "chatDisabled",
    "handDisabled",
    "alreadyRecording",
    "notRecording",
    "recordingFailed",
    "tooManyRequests",
    "serverBusy",
    "serverClosing",
    "peerReplaced",
    "peerIdTaken",
    "internalError",
]
Method = Literal[
    "join",
    "leave",
    "ping",
    "connectTransport",
    "restartIce",
    "produce",
    "pauseProducer",
    "resumeProducer",
    "closeProducer",
    "pauseConsumer",
    "resumeConsumer",
    "setPreferredLayers",
    "watch",
    "requestKeyFrame",
    "reportStatistics",
    "explainQuality",
    "produceData",
    "setDisplayName",
    "setAbsent",
    "raiseHand",
    "sendChat",
    "chooseLanguage",
    "offerHandover",
    "requestHandover",
    "acceptHandover",
    "cancelHandover",
    "setInterpretation",
    "lowerHand",
    "stopTrack",
    "stopAllTracks",
    "allow",
    "allowAll",
    "askToTurnOn",
    "listViewers",
    "removeMessage",
    "setOnStage",
    "admit",
    "admitAll",
    "setWaitingRoom",
    "setLocked",
    "lowerAllHands",
    "stopVideo",
    "kick",
    "letBack",
    "endMeeting",
    "startRecording",
    "stopRecording",
    "setMaxBitrate",
]
EventName = Literal[
    "hello",
    "peerJoined",
    "peerLeft",
    "peerRenamed",
    "producerAdded",
    "producerPaused",
    "producerRemoved",
    "absenceChanged",
    "qualityChanged",
    "dominantSpeakerChanged",
    "handChanged",
    "viewersChanged",
    "viewerJoined",
    "viewerLeft",
    "chatAdded",
    "chatCleared",
    "chatRemoved",
    "permissionsChanged",
    "trackStopped",
    "askedToTurnOn",
    "rulesChanged",
    "overridesChanged",
    "videoUrlChanged",
    "maxBitrateChanged",
    "recordingChanged",
    "recordingFailed",
    "recordingResumed",
    "waiting",
    "knocked",
    "knockEnded",
    "kicked",
    "kickEnded",
    "interpretationChanged",
    "listeningChanged",
    "handoverChanged",
    "handoverDue",
    "videoCodecChanged",
    "consumerCreated",
    "consumerClosed",
    "consumerLayersChanged",
    "producerLayersWanted",
    "dataConsumerCreated",
    "transportFailed",
    "closing",
]


class TicketRequest(TypedDict):
    """What a page sends for a new ticket: its interface, its own query string, and the identity that it was given."""

    interface: str
    query: str
    identity: NotRequired[str]
    page: NotRequired[bool]


class IceServer(TypedDict):
    """A TURN server's addresses (RFC 7065) and credentials, as W3C's RTCIceServer has them; they expire."""

    urls: list[str]
    username: str
    credential: str


class Admission(TypedDict):
    """How to get in: a ticket for one peer in one room on one node, and that node's WebSocket address."""

    ticket: str
    peerId: str
    identity: str
    nodeUrl: str
    iceServers: list[IceServer]


class ErrorInfo(TypedDict):
    """Why a request was refused; `message` is a full sentence for people."""

    code: ErrorCode
    message: str
    data: NotRequired[dict[str, Any]]


class RtcpFeedback(TypedDict):
    """One `a=rtcp-fb` line (RFC 4585), for example `nack` with parameter `pli`."""

    type: str
    parameter: NotRequired[str]


class RtpCodecCapability(TypedDict):
    """A codec that a router or an endpoint can handle (`mimeType` such as `video/VP8`)."""

    mimeType: str
    kind: Literal["audio", "video"]
    clockRate: int
    preferredPayloadType: NotRequired[int | None]
    channels: NotRequired[int | None]
    parameters: NotRequired[dict[str, Any]]
    rtcpFeedback: NotRequired[list[RtcpFeedback]]


class RtpHeaderExtensionCapability(TypedDict):
    """A header extension (RFC 8285) that a router or an endpoint can handle."""

    kind: Literal["audio", "video"]
    uri: str
    preferredId: int
    preferredEncrypt: NotRequired[bool]
    direction: NotRequired[Literal["sendrecv", "sendonly", "recvonly", "inactive"]]


class RtpCapabilities(TypedDict):
    """What an endpoint can receive."""

    codecs: NotRequired[list[RtpCodecCapability]]
    headerExtensions: NotRequired[list[RtpHeaderExtensionCapability]]


class Join(TypedDict):
    """Enter the room that the ticket names. Must be the first request but `ping`."""

    ticket: str
    rtpCapabilities: RtpCapabilities
    displayName: NotRequired[str]
    gathered: NotRequired[bool]
    watches: NotRequired[bool]


class Permissions(TypedDict):
    """What the server lets this participant do. With `interpretation` they turn it on and off for the room."""

    mic: bool
    camera: bool
    screen: bool
    chat: bool
    hand: bool
    moderate: bool
    record: bool
    interpretation: NotRequired[bool]


class Me(TypedDict):
    """What only this participant needs to know of themselves. A viewer has no tile."""

    peerId: str
    displayName: str
    role: Literal["participant", "moderator", "interpreter"]
    viewer: bool
    permissions: Permissions
    handRaisedAt: int | None
    listening: NotRequired[str]
    language: NotRequired[str]
    interpreterProblem: NotRequired[Literal["", "feature", "language", "account"]]


class ProducerInfo(TypedDict):
    """One thing a peer sends, as all see it; `language` is an interpreter's, empty for what is of the original."""

    id: str
    kind: Literal["audio", "video"]
    source: Literal["mic", "camera", "screen", "screenAudio"]
    paused: bool
    language: NotRequired[str]


class Overrides(TypedDict):
    """What a moderator has decided for one participant beside the room's rules; null where the rules count."""

    mic: NotRequired[bool | None]
    camera: NotRequired[bool | None]
    screen: NotRequired[bool | None]


class PeerInfo(TypedDict):
    """One participant with a tile, as all see them. Times are Unix time in ms; `handRaisedAt` is null for no hand."""

    id: str
    displayName: str
    role: Literal["participant", "moderator", "interpreter"]
    joinedAt: int
    producers: list[ProducerInfo]
    handRaisedAt: NotRequired[int | None]
    absent: NotRequired[bool]
    quality: NotRequired[Literal["unknown", "good", "fair", "poor"]]
    overrides: NotRequired[Overrides]
    language: NotRequired[str]


class ViewerHand(TypedDict):
    """A webinar's viewer who raised a hand; only moderators hear of it."""

    peerId: str
    displayName: str
    raisedAt: int


class WaitingPeer(TypedDict):
    """A participant who waits for a moderator to let them in; only moderators hear of it."""

    peerId: str
    displayName: str
    since: int


class KickedPeer(TypedDict):
    """A participant whom a moderator removed, and who can't come back unless let; only moderators hear of it."""

    peerId: str
    displayName: str
    at: int


class Rules(TypedDict):
    """What moderators have set for the whole room: who has to wait, whether it is locked, what may be sent."""

    waitingRoom: NotRequired[bool]
    locked: NotRequired[bool]
    mic: NotRequired[bool]
    camera: NotRequired[bool]
    screen: NotRequired[bool]


class ChatMessage(TypedDict):
    """One line of the chat; `id` rises by one, `at` is Unix time in ms, the text is to be shown as plain text."""

    id: int
    peerId: str
    displayName: str
    text: str
    at: int


class InterpretedLanguage(TypedDict):
    """A channel: one language with all who interpret into it, in the order of coming. `name` is in that language."""

    tag: str
    name: str
    interpreters: list[str]
    expiresAt: NotRequired[int | None]


class Interpretation(TypedDict):
    """Whether there is interpretation in this room, and the languages to choose from, in the order of appearance."""

    enabled: NotRequired[bool]
    languages: NotRequired[list[InterpretedLanguage]]


class Handover(TypedDict):
    """One interpreter takes over from another: from `giver`, who is live, to `taker`; the empty one is not yet found."""

    giver: str
    taker: str
    seconds: int
    expiresAt: int
    dueAt: NotRequired[int | None]


class RoomSnapshot(TypedDict):
    """Everything a client needs to draw the room as one participant may see it; events change exactly these fields."""

    roomId: str
    me: Me
    peers: list[PeerInfo]
    viewers: int
    viewerHands: list[ViewerHand]
    waiting: list[WaitingPeer]
    kicked: list[KickedPeer]
    rules: Rules
    chat: list[ChatMessage]
    videoCodec: str
    videoUrl: str
    maxBitrateBps: int
    recordingSince: int | None
    dominantSpeaker: str | None
    interpretation: NotRequired[Interpretation]
    handover: NotRequired[Handover | None]


class IceParameters(TypedDict):
    """Our side's ICE credentials (RFC 8445 section 5.3)."""

    usernameFragment: str
    password: str
    iceLite: NotRequired[bool]


class IceCandidate(TypedDict):
    """One host candidate (RFC 8445 section 5.1, RFC 6544); `address` and `ip` hold the same text."""

    foundation: str
    priority: int
    ip: str
    address: str
    port: int
    protocol: NotRequired[Literal["tcp", "udp"]]
    type: NotRequired[Literal["host"]]
    tcpType: NotRequired[Literal["passive"]]


class DtlsFingerprint(TypedDict):
    """A certificate's digest (RFC 8122), `algorithm` such as `sha-256`."""

    algorithm: str
    value: str


class DtlsParameters(TypedDict):
    """One side of the DTLS association; `role` is that side's own role."""

    fingerprints: list[DtlsFingerprint]
    role: NotRequired[Literal["auto", "client", "server"]]


class SctpParameters(TypedDict):
    """Our side of the SCTP association (RFC 8841)."""

    port: int
    OS: int
    MIS: int
    maxMessageSize: int
    maxSendMessageSize: int
    maxReceiveMessageSize: int


class TransportOptions(TypedDict):
    """What a client needs to make its side of a WebRtcTransport."""

    id: str
    iceParameters: IceParameters
    iceCandidates: list[IceCandidate]
    dtlsParameters: DtlsParameters
    sctpParameters: NotRequired[SctpParameters | None]


class RtpCodecParameters(TypedDict):
    """A codec in use, with the payload type that packets carry."""

    mimeType: str
    payloadType: int
    clockRate: int
    channels: NotRequired[int | None]
    parameters: NotRequired[dict[str, Any]]
    rtcpFeedback: NotRequired[list[RtcpFeedback]]


class RtpHeaderExtensionParameters(TypedDict):
    """A header extension in use, with the id that packets carry."""

    uri: str
    id: int
    encrypt: NotRequired[bool]
    parameters: NotRequired[dict[str, Any]]


class RtxParameters(TypedDict):
    """The SSRC of a retransmission stream (RFC 4588)."""

    ssrc: NotRequired[int | None]


class RtpEncodingParameters(TypedDict):
    """One encoding: known by SSRC, or by `rid` (RFC 8852) where the browser gives no SSRC."""

    ssrc: NotRequired[int | None]
    rid: NotRequired[str | None]
    codecPayloadType: NotRequired[int | None]
    rtx: NotRequired[RtxParameters | None]
    dtx: NotRequired[bool]
    scalabilityMode: NotRequired[str | None]
    scaleResolutionDownBy: NotRequired[float | None]
    maxBitrate: NotRequired[int | None]


class RtcpParameters(TypedDict):
    """RTCP settings: the CNAME (RFC 7022) and whether RFC 5506 reduced size is used."""

    cname: NotRequired[str | None]
    reducedSize: NotRequired[bool]
    mux: NotRequired[bool]


class RtpParameters(TypedDict):
    """What a producer sends or a consumer receives."""

    mid: NotRequired[str | None]
    codecs: NotRequired[list[RtpCodecParameters]]
    headerExtensions: NotRequired[list[RtpHeaderExtensionParameters]]
    encodings: NotRequired[list[RtpEncodingParameters]]
    rtcp: NotRequired[RtcpParameters]


class ConsumerCreated(TypedDict):
    """The server made a paused consumer for me on my receive transport; `language` is the producer's."""

    consumerId: str
    peerId: str
    producerId: str
    kind: Literal["audio", "video"]
    type: Literal["simple", "simulcast", "svc"]
    source: Literal["mic", "camera", "screen", "screenAudio"]
    producerPaused: bool
    rtpParameters: RtpParameters
    language: NotRequired[str]


class Joined(TypedDict):
    """Answer to `join`: the room as it stands, both transports ready to connect, and a consumer for all that is sent."""

    peerId: str
    identity: str
    room: RoomSnapshot
    sendTransport: TransportOptions
    recvTransport: TransportOptions
    consumers: list[ConsumerCreated]


class Leave(TypedDict):
    """Leave on purpose; the server closes the socket afterwards with code 1000."""


class Done(TypedDict):
    """The empty answer."""


class Ping(TypedDict):
    """Ask whether the server is still there; answered at once, also before `join`."""


class ConnectTransport(TypedDict):
    """Give the client's DTLS parameters for one of its transports."""

    transportId: str
    dtlsParameters: DtlsParameters


class RestartIce(TypedDict):
    """Ask for new ICE credentials on one transport (RFC 8445 section 9)."""

    transportId: str


class IceRestarted(TypedDict):
    """Answer to `restartIce`; `iceServers` are TURN servers with fresh credentials, none where there are none."""

    iceParameters: IceParameters
    iceServers: list[IceServer]


class Produce(TypedDict):
    """Start sending one track on the send transport."""

    kind: Literal["audio", "video"]
    source: Literal["mic", "camera", "screen", "screenAudio"]
    rtpParameters: RtpParameters
    paused: NotRequired[bool]


class Produced(TypedDict):
    """Answer to `produce`."""

    producerId: str


class PauseProducer(TypedDict):
    """Stop forwarding one of my producers (mic off)."""

    producerId: str


class ResumeProducer(TypedDict):
    """Forward one of my producers again."""

    producerId: str


class CloseProducer(TypedDict):
    """End one of my producers."""

    producerId: str


class PauseConsumer(TypedDict):
    """Stop receiving one consumer, for example because its tile is not visible."""

    consumerId: str


class ResumeConsumer(TypedDict):
    """Receive one consumer; new consumers start paused and wait for this."""

    consumerId: str


class ConsumerLayers(TypedDict):
    """A spatial layer (0 the smallest) and a temporal layer (0 the slowest)."""

    spatialLayer: int
    temporalLayer: NotRequired[int | None]


class SetPreferredLayers(TypedDict):
    """Ask for at most these layers of a video, and tell how much it matters where the link doesn't carry everything."""

    consumerId: str
    layers: ConsumerLayers
    priority: NotRequired[int]
    onStage: NotRequired[bool]


class Watch(TypedDict):
    """Receive these videos, all that are shown at the moment; what there was no consumer of comes as `consumerCreated`."""

    producerIds: list[str]


class RequestKeyFrame(TypedDict):
    """Ask the producer behind a video consumer for a keyframe."""

    consumerId: str


class DirectionReport(TypedDict):
    """What a browser measured of all that it sends, or of all that it receives, since its last report."""

    roundTripMs: NotRequired[float | None]
    loss: NotRequired[float | None]
    jitterMs: NotRequired[float | None]
    bitrateBps: NotRequired[float | None]
    availableBps: NotRequired[float | None]
    width: NotRequired[float | None]
    height: NotRequired[float | None]
    frameRate: NotRequired[float | None]
    freezes: NotRequired[float | None]
    frozenMs: NotRequired[float | None]
    concealed: NotRequired[float | None]
    dropped: NotRequired[float | None]
    limitedBy: NotRequired[Literal["none", "cpu", "bandwidth", "other"]]


class ReportStatistics(TypedDict):
    """Tell what my browser measured since the last time; one a second counts at most."""

    up: NotRequired[DirectionReport | None]
    down: NotRequired[DirectionReport | None]


class ExplainQuality(TypedDict):
    """Ask why somebody's connection is called what it is called."""

    peerId: str


class QualityFigures(TypedDict):
    """Answer to `explainQuality`: what somebody's badge was judged by, null where it is not known."""

    uploadLoss: float | None
    downloadLoss: float | None
    roundTripMs: float | None
    limitedBy: Literal["none", "cpu", "bandwidth", "other"]


class SctpStreamParameters(TypedDict):
    """One data channel's stream (RFC 8831 section 6.4): id and how reliable it is."""

    streamId: NotRequired[int | None]
    ordered: NotRequired[bool]
    maxPacketLifeTime: NotRequired[int | None]
    maxRetransmits: NotRequired[int | None]


class ProduceData(TypedDict):
    """Announce a data channel that the client opened on its send transport."""

    sctpStreamParameters: SctpStreamParameters
    label: NotRequired[str]
    protocol: NotRequired[str]


class DataProduced(TypedDict):
    """Answer to `produceData`."""

    dataProducerId: str


class SetDisplayName(TypedDict):
    """Change my name, where it is not fixed by the ticket."""

    displayName: str


class SetAbsent(TypedDict):
    """I am looking elsewhere (the page is hidden), or here again."""

    absent: bool


class RaiseHand(TypedDict):
    """Raise my hand or take it down."""

    raised: bool


class SendChat(TypedDict):
    """Say something to everybody in writing."""

    text: str


class ChooseLanguage(TypedDict):
    """Hear the interpreters of a language beside the original, or (empty) the original only."""

    language: str


class OfferHandover(TypedDict):
    """Interpreters who are live: offer the others of my language to take over, so many seconds after they accept."""

    seconds: NotRequired[int]


class RequestHandover(TypedDict):
    """Interpreters: ask who is live in my language to let me take over, so many seconds after they accept."""

    seconds: NotRequired[int]


class AcceptHandover(TypedDict):
    """Interpreters: accept what another one of my language offers or asks for."""


class CancelHandover(TypedDict):
    """Interpreters: call off the handover of my language, mine or another's, accepted or not."""


class Hello(TypedDict):
    """First frame after the socket opens: the protocol's version and what the router can handle."""

    version: int
    routerRtpCapabilities: RtpCapabilities


class PeerJoined(TypedDict):
    """Another participant entered, or somebody (perhaps me) was brought on stage and has a tile now."""

    peer: PeerInfo


class PeerLeft(TypedDict):
    """Another participant left, or their connection was lost; or somebody (perhaps me) only watches now."""

    peerId: str
    reason: Literal["kicked", "left", "lost", "replaced", "viewing"]


class PeerRenamed(TypedDict):
    """A participant (perhaps me) has another name now."""

    peerId: str
    displayName: str


class ProducerAdded(TypedDict):
    """A peer (perhaps me) started to send something."""

    peerId: str
    producer: ProducerInfo


class ProducerPaused(TypedDict):
    """A producer was paused or resumed."""

    peerId: str
    producerId: str
    paused: bool


class ProducerRemoved(TypedDict):
    """A producer ended."""

    peerId: str
    producerId: str


class AbsenceChanged(TypedDict):
    """A peer looks elsewhere, or is back."""

    peerId: str
    absent: bool


class QualityChanged(TypedDict):
    """A peer's connection got better or worse."""

    peerId: str
    quality: Literal["unknown", "good", "fair", "poor"]


class DominantSpeakerChanged(TypedDict):
    """Another participant (perhaps I) dominates the conversation, also while they pause; null for nobody."""

    peerId: str | None


class HandChanged(TypedDict):
    """A participant (perhaps me) raised a hand or took it down. Of a viewer's, moderators and they themselves hear."""

    peerId: str
    displayName: str
    viewer: bool
    raisedAt: int | None


class ViewersChanged(TypedDict):
    """Another number of viewers; of many, it is told twice a second at most."""

    count: int


class ViewerJoined(TypedDict):
    """To those with a tile, where the account wants it and few watch: somebody came who only watches."""

    peerId: str
    displayName: str


class ViewerLeft(TypedDict):
    """To those with a tile, where the account wants it and few watch: somebody who only watched is gone."""

    peerId: str
    displayName: str


class ChatAdded(TypedDict):
    """A participant (perhaps me) wrote something."""

    message: ChatMessage


class ChatCleared(TypedDict):
    """Everything that was written so far is gone."""


class ChatRemoved(TypedDict):
    """A moderator took one message away."""

    messageId: int


class PermissionsChanged(TypedDict):
    """I may do more or less than before; a viewer who was brought on stage is none any more."""

    permissions: Permissions
    viewer: bool


class TrackStopped(TypedDict):
    """A moderator turned my microphone or camera off, or ended my screen share."""

    device: Literal["mic", "camera", "screen"]


class AskedToTurnOn(TypedDict):
    """A moderator of this name (or of none: the account's own server) asks me to turn a device on."""

    device: Literal["mic", "camera", "screen"]
    displayName: str


class RulesChanged(TypedDict):
    """Moderators have set other rules for the room."""

    rules: Rules


class OverridesChanged(TypedDict):
    """A moderator decided something else for a participant (perhaps me) with a tile."""

    peerId: str
    overrides: Overrides


class VideoUrlChanged(TypedDict):
    """Everybody watches this player together from now on; empty for none."""

    url: str


class MaxBitrateChanged(TypedDict):
    """Nobody may send video with more bits/s than this; 0 for no limit."""

    bitrateBps: int


class RecordingChanged(TypedDict):
    """The meeting is being recorded since this Unix time in ms; null: not any more."""

    since: int | None


class RecordingFailed(TypedDict):
    """To moderators: the recording ended, or could not begin, without anybody having wanted that."""

    problem: Literal["diskFull", "writeError"]


class RecordingResumed(TypedDict):
    """After my `join`: the recording goes on, without so many ms in which the server was away."""

    missingMs: int


class Waiting(TypedDict):
    """My `join` waits for a moderator."""


class Knocked(TypedDict):
    """To moderators: somebody wants to come in."""

    peer: WaitingPeer


class KnockEnded(TypedDict):
    """To moderators: somebody doesn't wait any more: they were let in, turned away, or gave up."""

    peerId: str


class Kicked(TypedDict):
    """To moderators: somebody was removed."""

    peer: KickedPeer


class KickEnded(TypedDict):
    """To moderators: somebody who was removed may come back."""

    peerId: str


class InterpretationChanged(TypedDict):
    """Interpretation was turned on or off, or other languages can be chosen, or others interpret."""

    interpretation: Interpretation


class ListeningChanged(TypedDict):
    """I hear the interpreters of this language from now on, or (empty) the original only."""

    language: str
    reason: Literal["chosen", "preselected", "lost", "off"]


class HandoverChanged(TypedDict):
    """To the interpreters of one language: an offer to hand or take over, or one that was accepted; null: none."""

    handover: Handover | None


class HandoverDue(TypedDict):
    """To both interpreters: now the taker's microphone goes on and the giver's off. The handover is over."""

    giver: str
    taker: str


class VideoCodecChanged(TypedDict):
    """The codec that every receiver can decode changed: produce video again with this one."""

    mimeType: str


class ConsumerClosed(TypedDict):
    """One of my consumers is gone."""

    consumerId: str


class ConsumerLayersChanged(TypedDict):
    """Which layers a consumer of a video that is mine now gets; null while it gets none."""

    consumerId: str
    layers: ConsumerLayers | None
    exceedsLink: NotRequired[bool]
    serverBusy: NotRequired[bool]


class ProducerLayersWanted(TypedDict):
    """Somebody receives so many spatial layers of my video, the smallest first; the others need not be sent."""

    producerId: str
    spatialLayers: int
    maxBitrates: list[int]


class DataConsumerCreated(TypedDict):
    """The server opened a data channel to me on my receive transport."""

    dataConsumerId: str
    peerId: str
    dataProducerId: str
    label: str
    protocol: str
    sctpStreamParameters: SctpStreamParameters


class TransportFailed(TypedDict):
    """One of my transports lost its ICE consent or its DTLS failed: restart ICE or join again."""

    transportId: str
    reason: Literal["dtls", "ice"]


class Closing(TypedDict):
    """The server is about to close this socket; `code` is an error code, `message` for people."""

    code: str
    message: str
