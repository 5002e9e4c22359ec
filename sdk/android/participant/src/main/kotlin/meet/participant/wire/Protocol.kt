// Generated from rooms/protocol/ by `make generate`. Do not edit.

package meet.participant.wire

import kotlinx.serialization.Serializable
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject

const val VERSION = 1
const val SUBPROTOCOL = "meet.v1"

/** How messages are written and read: a newer server's fields are passed over, and defaults are said. */
val wireJson = Json {
    ignoreUnknownKeys = true
    encodeDefaults = true
}

/** What a client asks for: the name of its method, its data in JSON, and its answer from JSON. */
sealed interface Request<Answer> {
    val method: String
    val data: JsonElement
    fun answer(data: JsonElement): Answer
}

/** What a server tells without being asked. */
sealed interface Notification

/** What the library for media makes and takes, as it is. */
typealias RtpCapabilities = JsonObject

/** What the library for media makes and takes, as it is. */
typealias RtpParameters = JsonObject

/** What the library for media makes and takes, as it is. */
typealias DtlsParameters = JsonObject

/** What the library for media makes and takes, as it is. */
typealias IceParameters = JsonObject

/** What the library for media makes and takes, as it is. */
typealias IceCandidate = JsonObject

/** What the library for media makes and takes, as it is. */
typealias SctpParameters = JsonObject

/** What the library for media makes and takes, as it is. */
typealias SctpStreamParameters = JsonObject

/** One of the words below, or one of a newer server. */
@Serializable
@JvmInline
value class Device(val value: String) {
    companion object {
        val MIC = Device("mic")
        val CAMERA = Device("camera")
        val SCREEN = Device("screen")
    }

    override fun toString() = value
}

/** One of the words below, or one of a newer server. */
@Serializable
@JvmInline
value class ErrorCode(val value: String) {
    companion object {
        val MALFORMED_MESSAGE = ErrorCode("malformedMessage")
        val UNKNOWN_METHOD = ErrorCode("unknownMethod")
        val INVALID_DATA = ErrorCode("invalidData")
        val NOT_JOINED = ErrorCode("notJoined")
        val ALREADY_JOINED = ErrorCode("alreadyJoined")
        val TICKET_INVALID = ErrorCode("ticketInvalid")
        val TICKET_EXPIRED = ErrorCode("ticketExpired")
        val WRONG_NODE = ErrorCode("wrongNode")
        val NOT_FOUND = ErrorCode("notFound")
        val NOT_ALLOWED = ErrorCode("notAllowed")
        val UNSUPPORTED_CODEC = ErrorCode("unsupportedCodec")
        val NAME_FIXED = ErrorCode("nameFixed")
        val NAME_INVALID = ErrorCode("nameInvalid")
        val NOT_MODERATOR = ErrorCode("notModerator")
        val NOT_ADMITTED = ErrorCode("notAdmitted")
        val KICKED = ErrorCode("kicked")
        val MEETING_ENDED = ErrorCode("meetingEnded")
        val ROOM_FULL = ErrorCode("roomFull")
        val ROOM_LOCKED = ErrorCode("roomLocked")
        val TOO_MANY_BROADCASTERS = ErrorCode("tooManyBroadcasters")
        val CHAT_DISABLED = ErrorCode("chatDisabled")
        val HAND_DISABLED = ErrorCode("handDisabled")
        val ALREADY_RECORDING = ErrorCode("alreadyRecording")
        val NOT_RECORDING = ErrorCode("notRecording")
        val RECORDING_FAILED = ErrorCode("recordingFailed")
        val TOO_MANY_REQUESTS = ErrorCode("tooManyRequests")
        val SERVER_BUSY = ErrorCode("serverBusy")
        val SERVER_CLOSING = ErrorCode("serverClosing")
        val PEER_REPLACED = ErrorCode("peerReplaced")
        val PEER_ID_TAKEN = ErrorCode("peerIdTaken")
        val INTERNAL_ERROR = ErrorCode("internalError")
    }

    override fun toString() = value
}

/** One of the words below, or one of a newer server. */
@Serializable
@JvmInline
value class InterpreterProblem(val value: String) {
    companion object {
        val NONE = InterpreterProblem("")
        val FEATURE = InterpreterProblem("feature")
        val LANGUAGE = InterpreterProblem("language")
        val ACCOUNT = InterpreterProblem("account")
    }

    override fun toString() = value
}

/** One of the words below, or one of a newer server. */
@Serializable
@JvmInline
value class Limitation(val value: String) {
    companion object {
        val NONE = Limitation("none")
        val CPU = Limitation("cpu")
        val BANDWIDTH = Limitation("bandwidth")
        val OTHER = Limitation("other")
    }

    override fun toString() = value
}

/** One of the words below, or one of a newer server. */
@Serializable
@JvmInline
value class ListeningReason(val value: String) {
    companion object {
        val CHOSEN = ListeningReason("chosen")
        val PRESELECTED = ListeningReason("preselected")
        val LOST = ListeningReason("lost")
        val OFF = ListeningReason("off")
    }

    override fun toString() = value
}

/** One of the words below, or one of a newer server. */
@Serializable
@JvmInline
value class MediaKind(val value: String) {
    companion object {
        val AUDIO = MediaKind("audio")
        val VIDEO = MediaKind("video")
    }

    override fun toString() = value
}

/** One of the words below, or one of a newer server. */
@Serializable
@JvmInline
value class PeerLeftReason(val value: String) {
    companion object {
        val KICKED = PeerLeftReason("kicked")
        val LEFT = PeerLeftReason("left")
        val LOST = PeerLeftReason("lost")
        val REPLACED = PeerLeftReason("replaced")
        val VIEWING = PeerLeftReason("viewing")
    }

    override fun toString() = value
}

/** One of the words below, or one of a newer server. */
@Serializable
@JvmInline
value class ProducerType(val value: String) {
    companion object {
        val SIMPLE = ProducerType("simple")
        val SIMULCAST = ProducerType("simulcast")
        val SVC = ProducerType("svc")
    }

    override fun toString() = value
}

/** One of the words below, or one of a newer server. */
@Serializable
@JvmInline
value class Quality(val value: String) {
    companion object {
        val UNKNOWN = Quality("unknown")
        val GOOD = Quality("good")
        val FAIR = Quality("fair")
        val POOR = Quality("poor")
    }

    override fun toString() = value
}

/** One of the words below, or one of a newer server. */
@Serializable
@JvmInline
value class RecordingProblem(val value: String) {
    companion object {
        val DISK_FULL = RecordingProblem("diskFull")
        val WRITE_ERROR = RecordingProblem("writeError")
    }

    override fun toString() = value
}

/** One of the words below, or one of a newer server. */
@Serializable
@JvmInline
value class Role(val value: String) {
    companion object {
        val PARTICIPANT = Role("participant")
        val MODERATOR = Role("moderator")
        val INTERPRETER = Role("interpreter")
    }

    override fun toString() = value
}

/** One of the words below, or one of a newer server. */
@Serializable
@JvmInline
value class Source(val value: String) {
    companion object {
        val MIC = Source("mic")
        val CAMERA = Source("camera")
        val SCREEN = Source("screen")
        val SCREEN_AUDIO = Source("screenAudio")
    }

    override fun toString() = value
}

/** One of the words below, or one of a newer server. */
@Serializable
@JvmInline
value class TransportFailedReason(val value: String) {
    companion object {
        val DTLS = TransportFailedReason("dtls")
        val ICE = TransportFailedReason("ice")
    }

    override fun toString() = value
}

/** What a page sends for a new ticket: its interface, its own query string, and the identity that it was given. */
@Serializable
data class TicketRequest(
    val `interface`: String,
    val query: String,
    val identity: String = "",
    val page: Boolean = false,
)

/** How to get in: a ticket for one peer in one room on one node, and that node's WebSocket address. */
@Serializable
data class Admission(
    val ticket: String,
    val peerId: String,
    val identity: String,
    val nodeUrl: String,
    val iceServers: List<IceServer>,
)

/** A TURN server's addresses (RFC 7065) and credentials, as W3C's RTCIceServer has them; they expire. */
@Serializable
data class IceServer(
    val urls: List<String>,
    val username: String,
    val credential: String,
)

/** Why a request was refused; `message` is a full sentence for people. */
@Serializable
data class ErrorInfo(
    val code: ErrorCode,
    val message: String,
    val data: Map<String, JsonElement> = emptyMap(),
)

/** Enter the room that the ticket names. Must be the first request but `ping`. */
@Serializable
data class Join(
    val ticket: String,
    val rtpCapabilities: RtpCapabilities,
    val displayName: String = "",
    val gathered: Boolean = false,
    val watches: Boolean = false,
) : Request<Joined> {
    override val method get() = "join"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Joined.serializer(), data)
}

/** Answer to `join`: the room as it stands, both transports ready to connect, and a consumer for all that is sent. */
@Serializable
data class Joined(
    val peerId: String,
    val identity: String,
    val room: RoomSnapshot,
    val sendTransport: TransportOptions,
    val recvTransport: TransportOptions,
    val consumers: List<ConsumerCreated>,
)

/** Everything a client needs to draw the room as one participant may see it; events change exactly these fields. */
@Serializable
data class RoomSnapshot(
    val roomId: String,
    val me: Me,
    val peers: List<PeerInfo>,
    val viewers: Long,
    val viewerHands: List<ViewerHand>,
    val waiting: List<WaitingPeer>,
    val kicked: List<KickedPeer>,
    val rules: Rules,
    val chat: List<ChatMessage>,
    val videoCodec: String,
    val videoUrl: String,
    val maxBitrateBps: Long,
    val recordingSince: Long?,
    val dominantSpeaker: String?,
    val interpretation: Interpretation = Interpretation(),
    val handover: Handover? = null,
)

/** What only this participant needs to know of themselves. A viewer has no tile. */
@Serializable
data class Me(
    val peerId: String,
    val displayName: String,
    val role: Role,
    val viewer: Boolean,
    val permissions: Permissions,
    val handRaisedAt: Long?,
    val listening: String = "",
    val language: String = "",
    val interpreterProblem: InterpreterProblem = InterpreterProblem.NONE,
)

/** What the server lets this participant do. With `interpretation` they turn it on and off for the room. */
@Serializable
data class Permissions(
    val mic: Boolean,
    val camera: Boolean,
    val screen: Boolean,
    val chat: Boolean,
    val hand: Boolean,
    val moderate: Boolean,
    val record: Boolean,
    val interpretation: Boolean = false,
)

/** One participant with a tile, as all see them. Times are Unix time in ms; `handRaisedAt` is null for no hand. */
@Serializable
data class PeerInfo(
    val id: String,
    val displayName: String,
    val role: Role,
    val joinedAt: Long,
    val producers: List<ProducerInfo>,
    val handRaisedAt: Long? = null,
    val absent: Boolean = false,
    val quality: Quality = Quality.UNKNOWN,
    val overrides: Overrides = Overrides(),
    val language: String = "",
)

/** One thing a peer sends, as all see it; `language` is an interpreter's, empty for what is of the original. */
@Serializable
data class ProducerInfo(
    val id: String,
    val kind: MediaKind,
    val source: Source,
    val paused: Boolean,
    val language: String = "",
)

/** What a moderator has decided for one participant beside the room's rules; null where the rules count. */
@Serializable
data class Overrides(
    val mic: Boolean? = null,
    val camera: Boolean? = null,
    val screen: Boolean? = null,
)

/** A webinar's viewer who raised a hand; only moderators hear of it. */
@Serializable
data class ViewerHand(
    val peerId: String,
    val displayName: String,
    val raisedAt: Long,
)

/** A participant who waits for a moderator to let them in; only moderators hear of it. */
@Serializable
data class WaitingPeer(
    val peerId: String,
    val displayName: String,
    val since: Long,
)

/** A participant whom a moderator removed, and who can't come back unless let; only moderators hear of it. */
@Serializable
data class KickedPeer(
    val peerId: String,
    val displayName: String,
    val at: Long,
)

/** What moderators have set for the whole room: who has to wait, whether it is locked, what may be sent. */
@Serializable
data class Rules(
    val waitingRoom: Boolean = false,
    val locked: Boolean = false,
    val mic: Boolean = true,
    val camera: Boolean = true,
    val screen: Boolean = true,
)

/** One line of the chat; `id` rises by one, `at` is Unix time in ms, the text is to be shown as plain text. */
@Serializable
data class ChatMessage(
    val id: Long,
    val peerId: String,
    val displayName: String,
    val text: String,
    val at: Long,
)

/** Whether there is interpretation in this room, and the languages to choose from, in the order of appearance. */
@Serializable
data class Interpretation(
    val enabled: Boolean = false,
    val languages: List<InterpretedLanguage> = emptyList(),
)

/** A channel: one language with all who interpret into it, in the order of coming. `name` is in that language. */
@Serializable
data class InterpretedLanguage(
    val tag: String,
    val name: String,
    val interpreters: List<String>,
    val expiresAt: Long? = null,
)

/** One interpreter takes over from another: from `giver`, who is live, to `taker`; the empty one is not yet found. */
@Serializable
data class Handover(
    val giver: String,
    val taker: String,
    val seconds: Long,
    val expiresAt: Long,
    val dueAt: Long? = null,
)

/** What a client needs to make its side of a WebRtcTransport. */
@Serializable
data class TransportOptions(
    val id: String,
    val iceParameters: IceParameters,
    val iceCandidates: List<IceCandidate>,
    val dtlsParameters: DtlsParameters,
    val sctpParameters: SctpParameters? = null,
)

/** The server made a paused consumer for me on my receive transport; `language` is the producer's. */
@Serializable
data class ConsumerCreated(
    val consumerId: String,
    val peerId: String,
    val producerId: String,
    val kind: MediaKind,
    val type: ProducerType,
    val source: Source,
    val producerPaused: Boolean,
    val rtpParameters: RtpParameters,
    val language: String = "",
) : Notification

/** Leave on purpose; the server closes the socket afterwards with code 1000. */
@Serializable
data object Leave : Request<Done> {
    override val method get() = "leave"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** The empty answer. */
@Serializable
data object Done

/** Ask whether the server is still there; answered at once, also before `join`. */
@Serializable
data object Ping : Request<Done> {
    override val method get() = "ping"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Give the client's DTLS parameters for one of its transports. */
@Serializable
data class ConnectTransport(
    val transportId: String,
    val dtlsParameters: DtlsParameters,
) : Request<Done> {
    override val method get() = "connectTransport"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Ask for new ICE credentials on one transport (RFC 8445 section 9). */
@Serializable
data class RestartIce(
    val transportId: String,
) : Request<IceRestarted> {
    override val method get() = "restartIce"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(IceRestarted.serializer(), data)
}

/** Answer to `restartIce`; `iceServers` are TURN servers with fresh credentials, none where there are none. */
@Serializable
data class IceRestarted(
    val iceParameters: IceParameters,
    val iceServers: List<IceServer>,
)

/** Start sending one track on the send transport. */
@Serializable
data class Produce(
    val kind: MediaKind,
    val source: Source,
    val rtpParameters: RtpParameters,
    val paused: Boolean = false,
) : Request<Produced> {
    override val method get() = "produce"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Produced.serializer(), data)
}

/** Answer to `produce`. */
@Serializable
data class Produced(
    val producerId: String,
)

/** Stop forwarding one of my producers (mic off). */
@Serializable
data class PauseProducer(
    val producerId: String,
) : Request<Done> {
    override val method get() = "pauseProducer"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Forward one of my producers again. */
@Serializable
data class ResumeProducer(
    val producerId: String,
) : Request<Done> {
    override val method get() = "resumeProducer"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** End one of my producers. */
@Serializable
data class CloseProducer(
    val producerId: String,
) : Request<Done> {
    override val method get() = "closeProducer"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Stop receiving one consumer, for example because its tile is not visible. */
@Serializable
data class PauseConsumer(
    val consumerId: String,
) : Request<Done> {
    override val method get() = "pauseConsumer"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Receive one consumer; new consumers start paused and wait for this. */
@Serializable
data class ResumeConsumer(
    val consumerId: String,
) : Request<Done> {
    override val method get() = "resumeConsumer"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Ask for at most these layers of a video, and tell how much it matters where the link doesn't carry everything. */
@Serializable
data class SetPreferredLayers(
    val consumerId: String,
    val layers: ConsumerLayers,
    val priority: Long = 0,
    val onStage: Boolean = false,
) : Request<Done> {
    override val method get() = "setPreferredLayers"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** A spatial layer (0 the smallest) and a temporal layer (0 the slowest). */
@Serializable
data class ConsumerLayers(
    val spatialLayer: Long,
    val temporalLayer: Long? = null,
)

/** Receive these videos, all that are shown at the moment; what there was no consumer of comes as `consumerCreated`. */
@Serializable
data class Watch(
    val producerIds: List<String>,
) : Request<Done> {
    override val method get() = "watch"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Ask the producer behind a video consumer for a keyframe. */
@Serializable
data class RequestKeyFrame(
    val consumerId: String,
) : Request<Done> {
    override val method get() = "requestKeyFrame"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Tell what my browser measured since the last time; one a second counts at most. */
@Serializable
data class ReportStatistics(
    val up: DirectionReport? = null,
    val down: DirectionReport? = null,
) : Request<Done> {
    override val method get() = "reportStatistics"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** What a browser measured of all that it sends, or of all that it receives, since its last report. */
@Serializable
data class DirectionReport(
    val roundTripMs: Double? = null,
    val loss: Double? = null,
    val jitterMs: Double? = null,
    val bitrateBps: Double? = null,
    val availableBps: Double? = null,
    val width: Double? = null,
    val height: Double? = null,
    val frameRate: Double? = null,
    val freezes: Double? = null,
    val frozenMs: Double? = null,
    val concealed: Double? = null,
    val dropped: Double? = null,
    val limitedBy: Limitation = Limitation.NONE,
)

/** Ask why somebody's connection is called what it is called. */
@Serializable
data class ExplainQuality(
    val peerId: String,
) : Request<QualityFigures> {
    override val method get() = "explainQuality"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(QualityFigures.serializer(), data)
}

/** Answer to `explainQuality`: what somebody's badge was judged by, null where it is not known. */
@Serializable
data class QualityFigures(
    val uploadLoss: Double?,
    val downloadLoss: Double?,
    val roundTripMs: Double?,
    val limitedBy: Limitation,
)

/** Announce a data channel that the client opened on its send transport. */
@Serializable
data class ProduceData(
    val sctpStreamParameters: SctpStreamParameters,
    val label: String = "",
    val protocol: String = "",
) : Request<DataProduced> {
    override val method get() = "produceData"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(DataProduced.serializer(), data)
}

/** Answer to `produceData`. */
@Serializable
data class DataProduced(
    val dataProducerId: String,
)

/** Change my name, where it is not fixed by the ticket. */
@Serializable
data class SetDisplayName(
    val displayName: String,
) : Request<Done> {
    override val method get() = "setDisplayName"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** I am looking elsewhere (the page is hidden), or here again. */
@Serializable
data class SetAbsent(
    val absent: Boolean,
) : Request<Done> {
    override val method get() = "setAbsent"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Raise my hand or take it down. */
@Serializable
data class RaiseHand(
    val raised: Boolean,
) : Request<Done> {
    override val method get() = "raiseHand"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Say something to everybody in writing. */
@Serializable
data class SendChat(
    val text: String,
) : Request<Done> {
    override val method get() = "sendChat"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Hear the interpreters of a language beside the original, or (empty) the original only. */
@Serializable
data class ChooseLanguage(
    val language: String,
) : Request<Done> {
    override val method get() = "chooseLanguage"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Interpreters who are live: offer the others of my language to take over, so many seconds after they accept. */
@Serializable
data class OfferHandover(
    val seconds: Long = 10,
) : Request<Done> {
    override val method get() = "offerHandover"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Interpreters: ask who is live in my language to let me take over, so many seconds after they accept. */
@Serializable
data class RequestHandover(
    val seconds: Long = 10,
) : Request<Done> {
    override val method get() = "requestHandover"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Interpreters: accept what another one of my language offers or asks for. */
@Serializable
data object AcceptHandover : Request<Done> {
    override val method get() = "acceptHandover"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Interpreters: call off the handover of my language, mine or another's, accepted or not. */
@Serializable
data object CancelHandover : Request<Done> {
    override val method get() = "cancelHandover"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Moderators: turn interpretation on for this room, or off until a moderator turns it on again. */
@Serializable
data class SetInterpretation(
    val enabled: Boolean,
) : Request<Done> {
    override val method get() = "setInterpretation"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Moderators: take somebody's hand down. */
@Serializable
data class LowerHand(
    val peerId: String,
) : Request<Done> {
    override val method get() = "lowerHand"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Moderators: turn somebody's microphone or camera off, or end their screen share. */
@Serializable
data class StopTrack(
    val peerId: String,
    val device: Device,
) : Request<Done> {
    override val method get() = "stopTrack"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Moderators: turn everybody's microphone or camera off, or end all screen shares, but not my own. */
@Serializable
data class StopAllTracks(
    val device: Device,
) : Request<Done> {
    override val method get() = "stopAllTracks"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Moderators: allow or forbid one participant a device, whatever the room's rules say. Forbidding stops it. */
@Serializable
data class Allow(
    val peerId: String,
    val device: Device,
    val allowed: Boolean,
) : Request<Done> {
    override val method get() = "allow"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Moderators: allow or forbid everybody but moderators a device; what was decided for single ones is forgotten. */
@Serializable
data class AllowAll(
    val device: Device,
    val allowed: Boolean,
) : Request<Done> {
    override val method get() = "allowAll"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Moderators: ask somebody to turn a device on; it is theirs to decide. */
@Serializable
data class AskToTurnOn(
    val peerId: String,
    val device: Device,
) : Request<Done> {
    override val method get() = "askToTurnOn"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Moderators: who watches a webinar, in the order of coming, those whose name has the words in it. */
@Serializable
data class ListViewers(
    val words: String = "",
    val offset: Long = 0,
) : Request<ViewerList> {
    override val method get() = "listViewers"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(ViewerList.serializer(), data)
}

/** Answer to `listViewers`: 50 at most from the place that was asked for, and how many there are in all. */
@Serializable
data class ViewerList(
    val viewers: List<ViewerInfo>,
    val total: Long,
)

/** A webinar's viewer in a moderator's list; `joinedAt` is Unix time in ms. */
@Serializable
data class ViewerInfo(
    val peerId: String,
    val displayName: String,
    val joinedAt: Long,
)

/** Moderators: take one message of the chat away from everybody. */
@Serializable
data class RemoveMessage(
    val messageId: Long,
) : Request<Done> {
    override val method get() = "removeMessage"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Moderators: give a webinar's viewer a tile and devices, or take them away again. */
@Serializable
data class SetOnStage(
    val peerId: String,
    val onStage: Boolean,
) : Request<Done> {
    override val method get() = "setOnStage"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Moderators: let somebody in who waits, or turn them away. */
@Serializable
data class Admit(
    val peerId: String,
    val admitted: Boolean,
) : Request<Done> {
    override val method get() = "admit"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Moderators: let everybody in who waits, or turn them all away. */
@Serializable
data class AdmitAll(
    val admitted: Boolean,
) : Request<Done> {
    override val method get() = "admitAll"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Moderators: make newcomers wait, or not; then those who wait come in. */
@Serializable
data class SetWaitingRoom(
    val enabled: Boolean,
) : Request<Done> {
    override val method get() = "setWaitingRoom"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Moderators: let nobody in any more but moderators and those who were in before, or open the room again. */
@Serializable
data class SetLocked(
    val locked: Boolean,
) : Request<Done> {
    override val method get() = "setLocked"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Moderators: take everybody's hand down. */
@Serializable
data object LowerAllHands : Request<Done> {
    override val method get() = "lowerAllHands"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Moderators: take the player away that everybody watches together. */
@Serializable
data object StopVideo : Request<Done> {
    override val method get() = "stopVideo"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Moderators: remove somebody, inside or in the waiting room, who then can't come back under this id. */
@Serializable
data class Kick(
    val peerId: String,
) : Request<Done> {
    override val method get() = "kick"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Moderators: somebody who was removed may come back. */
@Serializable
data class LetBack(
    val peerId: String,
) : Request<Done> {
    override val method get() = "letBack"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Moderators: send everybody away and end the meeting, also for those in the waiting room. */
@Serializable
data object EndMeeting : Request<Done> {
    override val method get() = "endMeeting"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Moderators with `canRecord`: have the meeting recorded from now on. */
@Serializable
data object StartRecording : Request<Done> {
    override val method get() = "startRecording"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Moderators with `canRecord`: end the recording. */
@Serializable
data object StopRecording : Request<Done> {
    override val method get() = "stopRecording"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** Moderators: let nobody send video with more bits/s than this; 0 for no limit. */
@Serializable
data class SetMaxBitrate(
    val bitrateBps: Long,
) : Request<Done> {
    override val method get() = "setMaxBitrate"
    override val data get() = wireJson.encodeToJsonElement(serializer(), this)
    override fun answer(data: JsonElement) = wireJson.decodeFromJsonElement(Done.serializer(), data)
}

/** First frame after the socket opens: the protocol's version and what the router can handle. */
@Serializable
data class Hello(
    val version: Long,
    val routerRtpCapabilities: RtpCapabilities,
) : Notification

/** Another participant entered, or somebody (perhaps me) was brought on stage and has a tile now. */
@Serializable
data class PeerJoined(
    val peer: PeerInfo,
) : Notification

/** Another participant left, or their connection was lost; or somebody (perhaps me) only watches now. */
@Serializable
data class PeerLeft(
    val peerId: String,
    val reason: PeerLeftReason,
) : Notification

/** A participant (perhaps me) has another name now. */
@Serializable
data class PeerRenamed(
    val peerId: String,
    val displayName: String,
) : Notification

/** A peer (perhaps me) started to send something. */
@Serializable
data class ProducerAdded(
    val peerId: String,
    val producer: ProducerInfo,
) : Notification

/** A producer was paused or resumed. */
@Serializable
data class ProducerPaused(
    val peerId: String,
    val producerId: String,
    val paused: Boolean,
) : Notification

/** A producer ended. */
@Serializable
data class ProducerRemoved(
    val peerId: String,
    val producerId: String,
) : Notification

/** A peer looks elsewhere, or is back. */
@Serializable
data class AbsenceChanged(
    val peerId: String,
    val absent: Boolean,
) : Notification

/** A peer's connection got better or worse. */
@Serializable
data class QualityChanged(
    val peerId: String,
    val quality: Quality,
) : Notification

/** Another participant (perhaps I) dominates the conversation, also while they pause; null for nobody. */
@Serializable
data class DominantSpeakerChanged(
    val peerId: String?,
) : Notification

/** A participant (perhaps me) raised a hand or took it down. Of a viewer's, moderators and they themselves hear. */
@Serializable
data class HandChanged(
    val peerId: String,
    val displayName: String,
    val viewer: Boolean,
    val raisedAt: Long?,
) : Notification

/** Another number of viewers; of many, it is told twice a second at most. */
@Serializable
data class ViewersChanged(
    val count: Long,
) : Notification

/** To those with a tile, where the account wants it and few watch: somebody came who only watches. */
@Serializable
data class ViewerJoined(
    val peerId: String,
    val displayName: String,
) : Notification

/** To those with a tile, where the account wants it and few watch: somebody who only watched is gone. */
@Serializable
data class ViewerLeft(
    val peerId: String,
    val displayName: String,
) : Notification

/** A participant (perhaps me) wrote something. */
@Serializable
data class ChatAdded(
    val message: ChatMessage,
) : Notification

/** Everything that was written so far is gone. */
@Serializable
data object ChatCleared : Notification

/** A moderator took one message away. */
@Serializable
data class ChatRemoved(
    val messageId: Long,
) : Notification

/** I may do more or less than before; a viewer who was brought on stage is none any more. */
@Serializable
data class PermissionsChanged(
    val permissions: Permissions,
    val viewer: Boolean,
) : Notification

/** A moderator turned my microphone or camera off, or ended my screen share. */
@Serializable
data class TrackStopped(
    val device: Device,
) : Notification

/** A moderator of this name (or of none: the account's own server) asks me to turn a device on. */
@Serializable
data class AskedToTurnOn(
    val device: Device,
    val displayName: String,
) : Notification

/** Moderators have set other rules for the room. */
@Serializable
data class RulesChanged(
    val rules: Rules,
) : Notification

/** A moderator decided something else for a participant (perhaps me) with a tile. */
@Serializable
data class OverridesChanged(
    val peerId: String,
    val overrides: Overrides,
) : Notification

/** Everybody watches this player together from now on; empty for none. */
@Serializable
data class VideoUrlChanged(
    val url: String,
) : Notification

/** Nobody may send video with more bits/s than this; 0 for no limit. */
@Serializable
data class MaxBitrateChanged(
    val bitrateBps: Long,
) : Notification

/** The meeting is being recorded since this Unix time in ms; null: not any more. */
@Serializable
data class RecordingChanged(
    val since: Long?,
) : Notification

/** To moderators: the recording ended, or could not begin, without anybody having wanted that. */
@Serializable
data class RecordingFailed(
    val problem: RecordingProblem,
) : Notification

/** After my `join`: the recording goes on, without so many ms in which the server was away. */
@Serializable
data class RecordingResumed(
    val missingMs: Long,
) : Notification

/** My `join` waits for a moderator. */
@Serializable
data object Waiting : Notification

/** To moderators: somebody wants to come in. */
@Serializable
data class Knocked(
    val peer: WaitingPeer,
) : Notification

/** To moderators: somebody doesn't wait any more: they were let in, turned away, or gave up. */
@Serializable
data class KnockEnded(
    val peerId: String,
) : Notification

/** To moderators: somebody was removed. */
@Serializable
data class Kicked(
    val peer: KickedPeer,
) : Notification

/** To moderators: somebody who was removed may come back. */
@Serializable
data class KickEnded(
    val peerId: String,
) : Notification

/** Interpretation was turned on or off, or other languages can be chosen, or others interpret. */
@Serializable
data class InterpretationChanged(
    val interpretation: Interpretation,
) : Notification

/** I hear the interpreters of this language from now on, or (empty) the original only. */
@Serializable
data class ListeningChanged(
    val language: String,
    val reason: ListeningReason,
) : Notification

/** To the interpreters of one language: an offer to hand or take over, or one that was accepted; null: none. */
@Serializable
data class HandoverChanged(
    val handover: Handover?,
) : Notification

/** To both interpreters: now the taker's microphone goes on and the giver's off. The handover is over. */
@Serializable
data class HandoverDue(
    val giver: String,
    val taker: String,
) : Notification

/** The codec that every receiver can decode changed: produce video again with this one. */
@Serializable
data class VideoCodecChanged(
    val mimeType: String,
) : Notification

/** One of my consumers is gone. */
@Serializable
data class ConsumerClosed(
    val consumerId: String,
) : Notification

/** Which layers a consumer of a video that is mine now gets; null while it gets none. */
@Serializable
data class ConsumerLayersChanged(
    val consumerId: String,
    val layers: ConsumerLayers?,
    val exceedsLink: Boolean = false,
    val serverBusy: Boolean = false,
) : Notification

/** Somebody receives so many spatial layers of my video, the smallest first; the others need not be sent. */
@Serializable
data class ProducerLayersWanted(
    val producerId: String,
    val spatialLayers: Long,
    val maxBitrates: List<Long>,
) : Notification

/** The server opened a data channel to me on my receive transport. */
@Serializable
data class DataConsumerCreated(
    val dataConsumerId: String,
    val peerId: String,
    val dataProducerId: String,
    val label: String,
    val protocol: String,
    val sctpStreamParameters: SctpStreamParameters,
) : Notification

/** One of my transports lost its ICE consent or its DTLS failed: restart ICE or join again. */
@Serializable
data class TransportFailed(
    val transportId: String,
    val reason: TransportFailedReason,
) : Notification

/** The server is about to close this socket; `code` is an error code, `message` for people. */
@Serializable
data class Closing(
    val code: String,
    val message: String,
) : Notification

/** An event by its name, or null where this version doesn't know it. */
fun notificationOf(event: String, data: JsonElement): Notification? = when (event) {
    "hello" -> wireJson.decodeFromJsonElement(Hello.serializer(), data)
    "peerJoined" -> wireJson.decodeFromJsonElement(PeerJoined.serializer(), data)
    "peerLeft" -> wireJson.decodeFromJsonElement(PeerLeft.serializer(), data)
    "peerRenamed" -> wireJson.decodeFromJsonElement(PeerRenamed.serializer(), data)
    "producerAdded" -> wireJson.decodeFromJsonElement(ProducerAdded.serializer(), data)
    "producerPaused" -> wireJson.decodeFromJsonElement(ProducerPaused.serializer(), data)
    "producerRemoved" -> wireJson.decodeFromJsonElement(ProducerRemoved.serializer(), data)
    "absenceChanged" -> wireJson.decodeFromJsonElement(AbsenceChanged.serializer(), data)
    "qualityChanged" -> wireJson.decodeFromJsonElement(QualityChanged.serializer(), data)
    "dominantSpeakerChanged" -> wireJson.decodeFromJsonElement(DominantSpeakerChanged.serializer(), data)
    "handChanged" -> wireJson.decodeFromJsonElement(HandChanged.serializer(), data)
    "viewersChanged" -> wireJson.decodeFromJsonElement(ViewersChanged.serializer(), data)
    "viewerJoined" -> wireJson.decodeFromJsonElement(ViewerJoined.serializer(), data)
    "viewerLeft" -> wireJson.decodeFromJsonElement(ViewerLeft.serializer(), data)
    "chatAdded" -> wireJson.decodeFromJsonElement(ChatAdded.serializer(), data)
    "chatCleared" -> wireJson.decodeFromJsonElement(ChatCleared.serializer(), data)
    "chatRemoved" -> wireJson.decodeFromJsonElement(ChatRemoved.serializer(), data)
    "permissionsChanged" -> wireJson.decodeFromJsonElement(PermissionsChanged.serializer(), data)
    "trackStopped" -> wireJson.decodeFromJsonElement(TrackStopped.serializer(), data)
    "askedToTurnOn" -> wireJson.decodeFromJsonElement(AskedToTurnOn.serializer(), data)
    "rulesChanged" -> wireJson.decodeFromJsonElement(RulesChanged.serializer(), data)
    "overridesChanged" -> wireJson.decodeFromJsonElement(OverridesChanged.serializer(), data)
    "videoUrlChanged" -> wireJson.decodeFromJsonElement(VideoUrlChanged.serializer(), data)
    "maxBitrateChanged" -> wireJson.decodeFromJsonElement(MaxBitrateChanged.serializer(), data)
    "recordingChanged" -> wireJson.decodeFromJsonElement(RecordingChanged.serializer(), data)
    "recordingFailed" -> wireJson.decodeFromJsonElement(RecordingFailed.serializer(), data)
    "recordingResumed" -> wireJson.decodeFromJsonElement(RecordingResumed.serializer(), data)
    "waiting" -> wireJson.decodeFromJsonElement(Waiting.serializer(), data)
    "knocked" -> wireJson.decodeFromJsonElement(Knocked.serializer(), data)
    "knockEnded" -> wireJson.decodeFromJsonElement(KnockEnded.serializer(), data)
    "kicked" -> wireJson.decodeFromJsonElement(Kicked.serializer(), data)
    "kickEnded" -> wireJson.decodeFromJsonElement(KickEnded.serializer(), data)
    "interpretationChanged" -> wireJson.decodeFromJsonElement(InterpretationChanged.serializer(), data)
    "listeningChanged" -> wireJson.decodeFromJsonElement(ListeningChanged.serializer(), data)
    "handoverChanged" -> wireJson.decodeFromJsonElement(HandoverChanged.serializer(), data)
    "handoverDue" -> wireJson.decodeFromJsonElement(HandoverDue.serializer(), data)
    "videoCodecChanged" -> wireJson.decodeFromJsonElement(VideoCodecChanged.serializer(), data)
    "consumerCreated" -> wireJson.decodeFromJsonElement(ConsumerCreated.serializer(), data)
    "consumerClosed" -> wireJson.decodeFromJsonElement(ConsumerClosed.serializer(), data)
    "consumerLayersChanged" -> wireJson.decodeFromJsonElement(ConsumerLayersChanged.serializer(), data)
    "producerLayersWanted" -> wireJson.decodeFromJsonElement(ProducerLayersWanted.serializer(), data)
    "dataConsumerCreated" -> wireJson.decodeFromJsonElement(DataConsumerCreated.serializer(), data)
    "transportFailed" -> wireJson.decodeFromJsonElement(TransportFailed.serializer(), data)
    "closing" -> wireJson.decodeFromJsonElement(Closing.serializer(), data)
    else -> null
}
