// Generated from rooms/protocol/ by `make generate`. Do not edit.

import Foundation

/// What a client asks for: the name of its method, and what answers it.
public protocol WireRequest: Encodable, Sendable {
    associatedtype Answer: Decodable & Sendable
    static var method: String { get }
}

/// What goes over the wire.
public enum Wire {
    public static let version = 1
    public static let subprotocol = "meet.v1"

    /// What the library for media makes and takes, as it is.
    public typealias RtpCapabilities = JSON

    /// What the library for media makes and takes, as it is.
    public typealias RtpParameters = JSON

    /// What the library for media makes and takes, as it is.
    public typealias DtlsParameters = JSON

    /// What the library for media makes and takes, as it is.
    public typealias IceParameters = JSON

    /// What the library for media makes and takes, as it is.
    public typealias IceCandidate = JSON

    /// What the library for media makes and takes, as it is.
    public typealias SctpParameters = JSON

    /// What the library for media makes and takes, as it is.
    public typealias SctpStreamParameters = JSON

    /// One of the words below, or one of a newer server.
    public struct Device: RawRepresentable, Codable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public static let mic = Self(rawValue: "mic")
        public static let camera = Self(rawValue: "camera")
        public static let screen = Self(rawValue: "screen")
    }

    /// One of the words below, or one of a newer server.
    public struct ErrorCode: RawRepresentable, Codable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public static let malformedMessage = Self(rawValue: "malformedMessage")
        public static let unknownMethod = Self(rawValue: "unknownMethod")
        public static let invalidData = Self(rawValue: "invalidData")
        public static let notJoined = Self(rawValue: "notJoined")
        public static let alreadyJoined = Self(rawValue: "alreadyJoined")
        public static let ticketInvalid = Self(rawValue: "ticketInvalid")
        public static let ticketExpired = Self(rawValue: "ticketExpired")
        public static let wrongNode = Self(rawValue: "wrongNode")
        public static let notFound = Self(rawValue: "notFound")
        public static let notAllowed = Self(rawValue: "notAllowed")
        public static let unsupportedCodec = Self(rawValue: "unsupportedCodec")
        public static let nameFixed = Self(rawValue: "nameFixed")
        public static let nameInvalid = Self(rawValue: "nameInvalid")
        public static let notModerator = Self(rawValue: "notModerator")
        public static let notAdmitted = Self(rawValue: "notAdmitted")
        public static let kicked = Self(rawValue: "kicked")
        public static let meetingEnded = Self(rawValue: "meetingEnded")
        public static let roomFull = Self(rawValue: "roomFull")
        public static let roomLocked = Self(rawValue: "roomLocked")
        public static let tooManyBroadcasters = Self(rawValue: "tooManyBroadcasters")
        public static let chatDisabled = Self(rawValue: "chatDisabled")
        public static let handDisabled = Self(rawValue: "handDisabled")
        public static let alreadyRecording = Self(rawValue: "alreadyRecording")
        public static let notRecording = Self(rawValue: "notRecording")
        public static let recordingFailed = Self(rawValue: "recordingFailed")
        public static let tooManyRequests = Self(rawValue: "tooManyRequests")
        public static let serverBusy = Self(rawValue: "serverBusy")
        public static let serverClosing = Self(rawValue: "serverClosing")
        public static let peerReplaced = Self(rawValue: "peerReplaced")
        public static let peerIdTaken = Self(rawValue: "peerIdTaken")
        public static let internalError = Self(rawValue: "internalError")
    }

    /// One of the words below, or one of a newer server.
    public struct InterpreterProblem: RawRepresentable, Codable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public static let `none` = Self(rawValue: "")
        public static let feature = Self(rawValue: "feature")
        public static let language = Self(rawValue: "language")
        public static let account = Self(rawValue: "account")
    }

    /// One of the words below, or one of a newer server.
    public struct Limitation: RawRepresentable, Codable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public static let `none` = Self(rawValue: "none")
        public static let cpu = Self(rawValue: "cpu")
        public static let bandwidth = Self(rawValue: "bandwidth")
        public static let other = Self(rawValue: "other")
    }

    /// One of the words below, or one of a newer server.
    public struct ListeningReason: RawRepresentable, Codable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public static let chosen = Self(rawValue: "chosen")
        public static let preselected = Self(rawValue: "preselected")
        public static let lost = Self(rawValue: "lost")
        public static let off = Self(rawValue: "off")
    }

    /// One of the words below, or one of a newer server.
    public struct MediaKind: RawRepresentable, Codable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public static let audio = Self(rawValue: "audio")
        public static let video = Self(rawValue: "video")
    }

    /// One of the words below, or one of a newer server.
    public struct PeerLeftReason: RawRepresentable, Codable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public static let kicked = Self(rawValue: "kicked")
        public static let left = Self(rawValue: "left")
        public static let lost = Self(rawValue: "lost")
        public static let replaced = Self(rawValue: "replaced")
        public static let viewing = Self(rawValue: "viewing")
    }

    /// One of the words below, or one of a newer server.
    public struct ProducerType: RawRepresentable, Codable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public static let simple = Self(rawValue: "simple")
        public static let simulcast = Self(rawValue: "simulcast")
        public static let svc = Self(rawValue: "svc")
    }

    /// One of the words below, or one of a newer server.
    public struct Quality: RawRepresentable, Codable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public static let unknown = Self(rawValue: "unknown")
        public static let good = Self(rawValue: "good")
        public static let fair = Self(rawValue: "fair")
        public static let poor = Self(rawValue: "poor")
    }

    /// One of the words below, or one of a newer server.
    public struct RecordingProblem: RawRepresentable, Codable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public static let diskFull = Self(rawValue: "diskFull")
        public static let writeError = Self(rawValue: "writeError")
    }

    /// One of the words below, or one of a newer server.
    public struct Role: RawRepresentable, Codable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public static let participant = Self(rawValue: "participant")
        public static let moderator = Self(rawValue: "moderator")
        public static let interpreter = Self(rawValue: "interpreter")
    }

    /// One of the words below, or one of a newer server.
    public struct Source: RawRepresentable, Codable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public static let mic = Self(rawValue: "mic")
        public static let camera = Self(rawValue: "camera")
        public static let screen = Self(rawValue: "screen")
        public static let screenAudio = Self(rawValue: "screenAudio")
    }

    /// One of the words below, or one of a newer server.
    public struct TransportFailedReason: RawRepresentable, Codable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public static let dtls = Self(rawValue: "dtls")
        public static let ice = Self(rawValue: "ice")
    }

    /// What a page sends for a new ticket: its interface, its own query string, and the identity that it was given.
    public struct TicketRequest: Codable, Hashable, Sendable {
        public var interface: String
        public var query: String
        public var identity: String
        public var page: Bool

        public init(
            interface: String,
            query: String,
            identity: String = "",
            page: Bool = false
        ) {
            self.interface = interface
            self.query = query
            self.identity = identity
            self.page = page
        }

        enum CodingKeys: String, CodingKey {
            case interface
            case query
            case identity
            case page
        }

        public init(from decoder: Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.interface = try fields.decode(String.self, forKey: .interface)
            self.query = try fields.decode(String.self, forKey: .query)
            self.identity = try fields.decodeIfPresent(String.self, forKey: .identity) ?? ""
            self.page = try fields.decodeIfPresent(Bool.self, forKey: .page) ?? false
        }
    }

    /// How to get in: a ticket for one peer in one room on one node, and that node's WebSocket address.
    public struct Admission: Codable, Hashable, Sendable {
        public var ticket: String
        public var peerId: String
        public var identity: String
        public var nodeUrl: String
        public var iceServers: [IceServer]
    }

    /// A TURN server's addresses (RFC 7065) and credentials, as W3C's RTCIceServer has them; they expire.
    public struct IceServer: Codable, Hashable, Sendable {
        public var urls: [String]
        public var username: String
        public var credential: String
    }

    /// Why a request was refused; `message` is a full sentence for people.
    public struct ErrorInfo: Codable, Hashable, Sendable {
        public var code: ErrorCode
        public var message: String
        public var data: [String: JSON]

        enum CodingKeys: String, CodingKey {
            case code
            case message
            case data
        }

        public init(from decoder: Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.code = try fields.decode(ErrorCode.self, forKey: .code)
            self.message = try fields.decode(String.self, forKey: .message)
            self.data = try fields.decodeIfPresent([String: JSON].self, forKey: .data) ?? [:]
        }
    }

    /// Enter the room that the ticket names. Must be the first request but `ping`.
    public struct Join: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Joined
        public static let method = "join"

        public var ticket: String
        public var rtpCapabilities: RtpCapabilities
        public var displayName: String
        public var gathered: Bool
        public var watches: Bool

        public init(
            ticket: String,
            rtpCapabilities: RtpCapabilities,
            displayName: String = "",
            gathered: Bool = false,
            watches: Bool = false
        ) {
            self.ticket = ticket
            self.rtpCapabilities = rtpCapabilities
            self.displayName = displayName
            self.gathered = gathered
            self.watches = watches
        }

        enum CodingKeys: String, CodingKey {
            case ticket
            case rtpCapabilities
            case displayName
            case gathered
            case watches
        }

        public init(from decoder: Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.ticket = try fields.decode(String.self, forKey: .ticket)
            self.rtpCapabilities = try fields.decode(RtpCapabilities.self, forKey: .rtpCapabilities)
            self.displayName = try fields.decodeIfPresent(String.self, forKey: .displayName) ?? ""
            self.gathered = try fields.decodeIfPresent(Bool.self, forKey: .gathered) ?? false
            self.watches = try fields.decodeIfPresent(Bool.self, forKey: .watches) ?? false
        }
    }

    /// Answer to `join`: the room as it stands, both transports ready to connect, and a consumer for all that is sent.
    public struct Joined: Codable, Hashable, Sendable {
        public var peerId: String
        public var identity: String
        public var room: RoomSnapshot
        public var sendTransport: TransportOptions
        public var recvTransport: TransportOptions
        public var consumers: [ConsumerCreated]
    }

    /// Everything a client needs to draw the room as one participant may see it; events change exactly these fields.
    public struct RoomSnapshot: Codable, Hashable, Sendable {
        public var roomId: String
        public var me: Me
        public var peers: [PeerInfo]
        public var viewers: Int
        public var viewerHands: [ViewerHand]
        public var waiting: [WaitingPeer]
        public var kicked: [KickedPeer]
        public var rules: Rules
        public var chat: [ChatMessage]
        public var videoCodec: String
        public var videoUrl: String
        public var maxBitrateBps: Int
        public var recordingSince: Int?
        public var dominantSpeaker: String?
        public var interpretation: Interpretation
        public var handover: Handover?

        enum CodingKeys: String, CodingKey {
            case roomId
            case me
            case peers
            case viewers
            case viewerHands
            case waiting
            case kicked
            case rules
            case chat
            case videoCodec
            case videoUrl
            case maxBitrateBps
            case recordingSince
            case dominantSpeaker
            case interpretation
            case handover
        }

        public init(from decoder: Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.roomId = try fields.decode(String.self, forKey: .roomId)
            self.me = try fields.decode(Me.self, forKey: .me)
            self.peers = try fields.decode([PeerInfo].self, forKey: .peers)
            self.viewers = try fields.decode(Int.self, forKey: .viewers)
            self.viewerHands = try fields.decode([ViewerHand].self, forKey: .viewerHands)
            self.waiting = try fields.decode([WaitingPeer].self, forKey: .waiting)
            self.kicked = try fields.decode([KickedPeer].self, forKey: .kicked)
            self.rules = try fields.decode(Rules.self, forKey: .rules)
            self.chat = try fields.decode([ChatMessage].self, forKey: .chat)
            self.videoCodec = try fields.decode(String.self, forKey: .videoCodec)
            self.videoUrl = try fields.decode(String.self, forKey: .videoUrl)
            self.maxBitrateBps = try fields.decode(Int.self, forKey: .maxBitrateBps)
            self.recordingSince = try fields.decodeIfPresent(Int.self, forKey: .recordingSince)
            self.dominantSpeaker = try fields.decodeIfPresent(String.self, forKey: .dominantSpeaker)
            self.interpretation = try fields.decodeIfPresent(Interpretation.self, forKey: .interpretation) ?? Interpretation()
            self.handover = try fields.decodeIfPresent(Handover.self, forKey: .handover)
        }
    }

    /// What only this participant needs to know of themselves. A viewer has no tile.
    public struct Me: Codable, Hashable, Sendable {
        public var peerId: String
        public var displayName: String
        public var role: Role
        public var viewer: Bool
        public var permissions: Permissions
        public var handRaisedAt: Int?
        public var listening: String
        public var language: String
        public var interpreterProblem: InterpreterProblem

        enum CodingKeys: String, CodingKey {
            case peerId
            case displayName
            case role
            case viewer
            case permissions
            case handRaisedAt
            case listening
            case language
            case interpreterProblem
        }

        public init(from decoder: Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.peerId = try fields.decode(String.self, forKey: .peerId)
            self.displayName = try fields.decode(String.self, forKey: .displayName)
            self.role = try fields.decode(Role.self, forKey: .role)
            self.viewer = try fields.decode(Bool.self, forKey: .viewer)
            self.permissions = try fields.decode(Permissions.self, forKey: .permissions)
            self.handRaisedAt = try fields.decodeIfPresent(Int.self, forKey: .handRaisedAt)
            self.listening = try fields.decodeIfPresent(String.self, forKey: .listening) ?? ""
            self.language = try fields.decodeIfPresent(String.self, forKey: .language) ?? ""
            self.interpreterProblem = try fields.decodeIfPresent(InterpreterProblem.self, forKey: .interpreterProblem) ?? .`none`
        }
    }

    /// What the server lets this participant do. With `interpretation` they turn it on and off for the room.
    public struct Permissions: Codable, Hashable, Sendable {
        public var mic: Bool
        public var camera: Bool
        public var screen: Bool
        public var chat: Bool
        public var hand: Bool
        public var moderate: Bool
        public var record: Bool
        public var interpretation: Bool

        enum CodingKeys: String, CodingKey {
            case mic
            case camera
            case screen
            case chat
            case hand
            case moderate
            case record
            case interpretation
        }

        public init(from decoder: Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.mic = try fields.decode(Bool.self, forKey: .mic)
            self.camera = try fields.decode(Bool.self, forKey: .camera)
            self.screen = try fields.decode(Bool.self, forKey: .screen)
            self.chat = try fields.decode(Bool.self, forKey: .chat)
            self.hand = try fields.decode(Bool.self, forKey: .hand)
            self.moderate = try fields.decode(Bool.self, forKey: .moderate)
            self.record = try fields.decode(Bool.self, forKey: .record)
            self.interpretation = try fields.decodeIfPresent(Bool.self, forKey: .interpretation) ?? false
        }
    }

    /// One participant with a tile, as all see them. Times are Unix time in ms; `handRaisedAt` is null for no hand.
    public struct PeerInfo: Codable, Hashable, Sendable {
        public var id: String
        public var displayName: String
        public var role: Role
        public var joinedAt: Int
        public var producers: [ProducerInfo]
        public var handRaisedAt: Int?
        public var absent: Bool
        public var quality: Quality
        public var overrides: Overrides
        public var language: String

        enum CodingKeys: String, CodingKey {
            case id
            case displayName
            case role
            case joinedAt
            case producers
            case handRaisedAt
            case absent
            case quality
            case overrides
            case language
        }

        public init(from decoder: Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.id = try fields.decode(String.self, forKey: .id)
            self.displayName = try fields.decode(String.self, forKey: .displayName)
            self.role = try fields.decode(Role.self, forKey: .role)
            self.joinedAt = try fields.decode(Int.self, forKey: .joinedAt)
            self.producers = try fields.decode([ProducerInfo].self, forKey: .producers)
            self.handRaisedAt = try fields.decodeIfPresent(Int.self, forKey: .handRaisedAt)
            self.absent = try fields.decodeIfPresent(Bool.self, forKey: .absent) ?? false
            self.quality = try fields.decodeIfPresent(Quality.self, forKey: .quality) ?? .unknown
            self.overrides = try fields.decodeIfPresent(Overrides.self, forKey: .overrides) ?? Overrides()
            self.language = try fields.decodeIfPresent(String.self, forKey: .language) ?? ""
        }
    }

    /// One thing a peer sends, as all see it; `language` is an interpreter's, empty for what is of the original.
    public struct ProducerInfo: Codable, Hashable, Sendable {
        public var id: String
        public var kind: MediaKind
        public var source: Source
        public var paused: Bool
        public var language: String

        enum CodingKeys: String, CodingKey {
            case id
            case kind
            case source
            case paused
            case language
        }

        public init(from decoder: Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.id = try fields.decode(String.self, forKey: .id)
            self.kind = try fields.decode(MediaKind.self, forKey: .kind)
            self.source = try fields.decode(Source.self, forKey: .source)
            self.paused = try fields.decode(Bool.self, forKey: .paused)
            self.language = try fields.decodeIfPresent(String.self, forKey: .language) ?? ""
        }
    }

    /// What a moderator has decided for one participant beside the room's rules; null where the rules count.
    public struct Overrides: Codable, Hashable, Sendable {
        public var mic: Bool?
        public var camera: Bool?
        public var screen: Bool?

        public init(
            mic: Bool? = nil,
            camera: Bool? = nil,
            screen: Bool? = nil
        ) {
            self.mic = mic
            self.camera = camera
            self.screen = screen
        }
    }

    /// A webinar's viewer who raised a hand; only moderators hear of it.
    public struct ViewerHand: Codable, Hashable, Sendable {
        public var peerId: String
        public var displayName: String
        public var raisedAt: Int
    }

    /// A participant who waits for a moderator to let them in; only moderators hear of it.
    public struct WaitingPeer: Codable, Hashable, Sendable {
        public var peerId: String
        public var displayName: String
        public var since: Int
    }

    /// A participant whom a moderator removed, and who can't come back unless let; only moderators hear of it.
    public struct KickedPeer: Codable, Hashable, Sendable {
        public var peerId: String
        public var displayName: String
        public var at: Int
    }

    /// What moderators have set for the whole room: who has to wait, whether it is locked, what may be sent.
    public struct Rules: Codable, Hashable, Sendable {
        public var waitingRoom: Bool
        public var locked: Bool
        public var mic: Bool
        public var camera: Bool
        public var screen: Bool

        public init(
            waitingRoom: Bool = false,
            locked: Bool = false,
            mic: Bool = true,
            camera: Bool = true,
            screen: Bool = true
        ) {
            self.waitingRoom = waitingRoom
            self.locked = locked
            self.mic = mic
            self.camera = camera
            self.screen = screen
        }

        enum CodingKeys: String, CodingKey {
            case waitingRoom
            case locked
            case mic
            case camera
            case screen
        }

        public init(from decoder: Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.waitingRoom = try fields.decodeIfPresent(Bool.self, forKey: .waitingRoom) ?? false
            self.locked = try fields.decodeIfPresent(Bool.self, forKey: .locked) ?? false
            self.mic = try fields.decodeIfPresent(Bool.self, forKey: .mic) ?? true
            self.camera = try fields.decodeIfPresent(Bool.self, forKey: .camera) ?? true
            self.screen = try fields.decodeIfPresent(Bool.self, forKey: .screen) ?? true
        }
    }

    /// One line of the chat; `id` rises by one, `at` is Unix time in ms, the text is to be shown as plain text.
    public struct ChatMessage: Codable, Hashable, Sendable {
        public var id: Int
        public var peerId: String
        public var displayName: String
        public var text: String
        public var at: Int
    }

    /// Whether there is interpretation in this room, and the languages to choose from, in the order of appearance.
    public struct Interpretation: Codable, Hashable, Sendable {
        public var enabled: Bool
        public var languages: [InterpretedLanguage]

        public init(
            enabled: Bool = false,
            languages: [InterpretedLanguage] = []
        ) {
            self.enabled = enabled
            self.languages = languages
        }

        enum CodingKeys: String, CodingKey {
            case enabled
            case languages
        }

        public init(from decoder: Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.enabled = try fields.decodeIfPresent(Bool.self, forKey: .enabled) ?? false
            self.languages = try fields.decodeIfPresent([InterpretedLanguage].self, forKey: .languages) ?? []
        }
    }

    /// A channel: one language with all who interpret into it, in the order of coming. `name` is in that language.
    public struct InterpretedLanguage: Codable, Hashable, Sendable {
        public var tag: String
        public var name: String
        public var interpreters: [String]
        public var expiresAt: Int?
    }

    /// One interpreter takes over from another: from `giver`, who is live, to `taker`; the empty one is not yet found.
    public struct Handover: Codable, Hashable, Sendable {
        public var giver: String
        public var taker: String
        public var seconds: Int
        public var expiresAt: Int
        public var dueAt: Int?
    }

    /// What a client needs to make its side of a WebRtcTransport.
    public struct TransportOptions: Codable, Hashable, Sendable {
        public var id: String
        public var iceParameters: IceParameters
        public var iceCandidates: [IceCandidate]
        public var dtlsParameters: DtlsParameters
        public var sctpParameters: SctpParameters?
    }

    /// The server made a paused consumer for me on my receive transport; `language` is the producer's.
    public struct ConsumerCreated: Codable, Hashable, Sendable {
        public var consumerId: String
        public var peerId: String
        public var producerId: String
        public var kind: MediaKind
        public var type: ProducerType
        public var source: Source
        public var producerPaused: Bool
        public var rtpParameters: RtpParameters
        public var language: String

        enum CodingKeys: String, CodingKey {
            case consumerId
            case peerId
            case producerId
            case kind
            case type
            case source
            case producerPaused
            case rtpParameters
            case language
        }

        public init(from decoder: Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.consumerId = try fields.decode(String.self, forKey: .consumerId)
            self.peerId = try fields.decode(String.self, forKey: .peerId)
            self.producerId = try fields.decode(String.self, forKey: .producerId)
            self.kind = try fields.decode(MediaKind.self, forKey: .kind)
            self.type = try fields.decode(ProducerType.self, forKey: .type)
            self.source = try fields.decode(Source.self, forKey: .source)
            self.producerPaused = try fields.decode(Bool.self, forKey: .producerPaused)
            self.rtpParameters = try fields.decode(RtpParameters.self, forKey: .rtpParameters)
            self.language = try fields.decodeIfPresent(String.self, forKey: .language) ?? ""
        }
    }

    /// Leave on purpose; the server closes the socket afterwards with code 1000.
    public struct Leave: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "leave"

        public init() {}
    }

    /// The empty answer.
    public struct Done: Codable, Hashable, Sendable {
        public init() {}
    }

    /// Ask whether the server is still there; answered at once, also before `join`.
    public struct Ping: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "ping"

        public init() {}
    }

    /// Give the client's DTLS parameters for one of its transports.
    public struct ConnectTransport: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "connectTransport"

        public var transportId: String
        public var dtlsParameters: DtlsParameters

        public init(
            transportId: String,
            dtlsParameters: DtlsParameters
        ) {
            self.transportId = transportId
            self.dtlsParameters = dtlsParameters
        }
    }

    /// Ask for new ICE credentials on one transport (RFC 8445 section 9).
    public struct RestartIce: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.IceRestarted
        public static let method = "restartIce"

        public var transportId: String

        public init(
            transportId: String
        ) {
            self.transportId = transportId
        }
    }

    /// Answer to `restartIce`; `iceServers` are TURN servers with fresh credentials, none where there are none.
    public struct IceRestarted: Codable, Hashable, Sendable {
        public var iceParameters: IceParameters
        public var iceServers: [IceServer]
    }

    /// Start sending one track on the send transport.
    public struct Produce: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Produced
        public static let method = "produce"

        public var kind: MediaKind
        public var source: Source
        public var rtpParameters: RtpParameters
        public var paused: Bool

        public init(
            kind: MediaKind,
            source: Source,
            rtpParameters: RtpParameters,
            paused: Bool = false
        ) {
            self.kind = kind
            self.source = source
            self.rtpParameters = rtpParameters
            self.paused = paused
        }

        enum CodingKeys: String, CodingKey {
            case kind
            case source
            case rtpParameters
            case paused
        }

        public init(from decoder: Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.kind = try fields.decode(MediaKind.self, forKey: .kind)
            self.source = try fields.decode(Source.self, forKey: .source)
            self.rtpParameters = try fields.decode(RtpParameters.self, forKey: .rtpParameters)
            self.paused = try fields.decodeIfPresent(Bool.self, forKey: .paused) ?? false
        }
    }

    /// Answer to `produce`.
    public struct Produced: Codable, Hashable, Sendable {
        public var producerId: String
    }

    /// Stop forwarding one of my producers (mic off).
    public struct PauseProducer: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "pauseProducer"

        public var producerId: String

        public init(
            producerId: String
        ) {
            self.producerId = producerId
        }
    }

    /// Forward one of my producers again.
    public struct ResumeProducer: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "resumeProducer"

        public var producerId: String

        public init(
            producerId: String
        ) {
            self.producerId = producerId
        }
    }

    /// End one of my producers.
    public struct CloseProducer: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "closeProducer"

        public var producerId: String

        public init(
            producerId: String
        ) {
            self.producerId = producerId
        }
    }

    /// Stop receiving one consumer, for example because its tile is not visible.
    public struct PauseConsumer: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "pauseConsumer"

        public var consumerId: String

        public init(
            consumerId: String
        ) {
            self.consumerId = consumerId
        }
    }

    /// Receive one consumer; new consumers start paused and wait for this.
    public struct ResumeConsumer: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "resumeConsumer"

        public var consumerId: String

        public init(
            consumerId: String
        ) {
            self.consumerId = consumerId
        }
    }

    /// Ask for at most these layers of a video, and tell how much it matters where the link doesn't carry everything.
    public struct SetPreferredLayers: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "setPreferredLayers"

        public var consumerId: String
        public var layers: ConsumerLayers
        public var priority: Int
        public var onStage: Bool

        public init(
            consumerId: String,
            layers: ConsumerLayers,
            priority: Int = 0,
            onStage: Bool = false
        ) {
            self.consumerId = consumerId
            self.layers = layers
            self.priority = priority
            self.onStage = onStage
        }

        enum CodingKeys: String, CodingKey {
            case consumerId
            case layers
            case priority
            case onStage
        }

        public init(from decoder: Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.consumerId = try fields.decode(String.self, forKey: .consumerId)
            self.layers = try fields.decode(ConsumerLayers.self, forKey: .layers)
            self.priority = try fields.decodeIfPresent(Int.self, forKey: .priority) ?? 0
            self.onStage = try fields.decodeIfPresent(Bool.self, forKey: .onStage) ?? false
        }
    }

    /// A spatial layer (0 the smallest) and a temporal layer (0 the slowest).
    public struct ConsumerLayers: Codable, Hashable, Sendable {
        public var spatialLayer: Int
        public var temporalLayer: Int?

        public init(
            spatialLayer: Int,
            temporalLayer: Int? = nil
        ) {
            self.spatialLayer = spatialLayer
            self.temporalLayer = temporalLayer
        }
    }

    /// Receive these videos, all that are shown at the moment; what there was no consumer of comes as `consumerCreated`.
    public struct Watch: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "watch"

        public var producerIds: [String]

        public init(
            producerIds: [String]
        ) {
            self.producerIds = producerIds
        }
    }

    /// Ask the producer behind a video consumer for a keyframe.
    public struct RequestKeyFrame: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "requestKeyFrame"

        public var consumerId: String

        public init(
            consumerId: String
        ) {
            self.consumerId = consumerId
        }
    }

    /// Tell what my browser measured since the last time; one a second counts at most.
    public struct ReportStatistics: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "reportStatistics"

        public var up: DirectionReport?
        public var down: DirectionReport?

        public init(
            up: DirectionReport? = nil,
            down: DirectionReport? = nil
        ) {
            self.up = up
            self.down = down
        }
    }

    /// What a browser measured of all that it sends, or of all that it receives, since its last report.
    public struct DirectionReport: Codable, Hashable, Sendable {
        public var roundTripMs: Double?
        public var loss: Double?
        public var jitterMs: Double?
        public var bitrateBps: Double?
        public var availableBps: Double?
        public var width: Double?
        public var height: Double?
        public var frameRate: Double?
        public var freezes: Double?
        public var frozenMs: Double?
        public var concealed: Double?
        public var dropped: Double?
        public var limitedBy: Limitation

        public init(
            roundTripMs: Double? = nil,
            loss: Double? = nil,
            jitterMs: Double? = nil,
            bitrateBps: Double? = nil,
            availableBps: Double? = nil,
            width: Double? = nil,
            height: Double? = nil,
            frameRate: Double? = nil,
            freezes: Double? = nil,
            frozenMs: Double? = nil,
            concealed: Double? = nil,
            dropped: Double? = nil,
            limitedBy: Limitation = .`none`
        ) {
            self.roundTripMs = roundTripMs
            self.loss = loss
            self.jitterMs = jitterMs
            self.bitrateBps = bitrateBps
            self.availableBps = availableBps
            self.width = width
            self.height = height
            self.frameRate = frameRate
            self.freezes = freezes
            self.frozenMs = frozenMs
            self.concealed = concealed
            self.dropped = dropped
            self.limitedBy = limitedBy
        }

        enum CodingKeys: String, CodingKey {
            case roundTripMs
            case loss
            case jitterMs
            case bitrateBps
            case availableBps
            case width
            case height
            case frameRate
            case freezes
            case frozenMs
            case concealed
            case dropped
            case limitedBy
        }

        public init(from decoder: Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.roundTripMs = try fields.decodeIfPresent(Double.self, forKey: .roundTripMs)
            self.loss = try fields.decodeIfPresent(Double.self, forKey: .loss)
            self.jitterMs = try fields.decodeIfPresent(Double.self, forKey: .jitterMs)
            self.bitrateBps = try fields.decodeIfPresent(Double.self, forKey: .bitrateBps)
            self.availableBps = try fields.decodeIfPresent(Double.self, forKey: .availableBps)
            self.width = try fields.decodeIfPresent(Double.self, forKey: .width)
            self.height = try fields.decodeIfPresent(Double.self, forKey: .height)
            self.frameRate = try fields.decodeIfPresent(Double.self, forKey: .frameRate)
            self.freezes = try fields.decodeIfPresent(Double.self, forKey: .freezes)
            self.frozenMs = try fields.decodeIfPresent(Double.self, forKey: .frozenMs)
            self.concealed = try fields.decodeIfPresent(Double.self, forKey: .concealed)
            self.dropped = try fields.decodeIfPresent(Double.self, forKey: .dropped)
            self.limitedBy = try fields.decodeIfPresent(Limitation.self, forKey: .limitedBy) ?? .`none`
        }
    }

    /// Ask why somebody's connection is called what it is called.
    public struct ExplainQuality: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.QualityFigures
        public static let method = "explainQuality"

        public var peerId: String

        public init(
            peerId: String
        ) {
            self.peerId = peerId
        }
    }

    /// Answer to `explainQuality`: what somebody's badge was judged by, null where it is not known.
    public struct QualityFigures: Codable, Hashable, Sendable {
        public var uploadLoss: Double?
        public var downloadLoss: Double?
        public var roundTripMs: Double?
        public var limitedBy: Limitation
    }

    /// Announce a data channel that the client opened on its send transport.
    public struct ProduceData: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.DataProduced
        public static let method = "produceData"

        public var sctpStreamParameters: SctpStreamParameters
        public var label: String
        public var `protocol`: String

        public init(
            sctpStreamParameters: SctpStreamParameters,
            label: String = "",
            protocol: String = ""
        ) {
            self.sctpStreamParameters = sctpStreamParameters
            self.label = label
            self.protocol = `protocol`
        }

        enum CodingKeys: String, CodingKey {
            case sctpStreamParameters
            case label
            case `protocol`
        }

        public init(from decoder: Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.sctpStreamParameters = try fields.decode(SctpStreamParameters.self, forKey: .sctpStreamParameters)
            self.label = try fields.decodeIfPresent(String.self, forKey: .label) ?? ""
            self.protocol = try fields.decodeIfPresent(String.self, forKey: .protocol) ?? ""
        }
    }

    /// Answer to `produceData`.
    public struct DataProduced: Codable, Hashable, Sendable {
        public var dataProducerId: String
    }

    /// Change my name, where it is not fixed by the ticket.
    public struct SetDisplayName: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "setDisplayName"

        public var displayName: String

        public init(
            displayName: String
        ) {
            self.displayName = displayName
        }
    }

    /// I am looking elsewhere (the page is hidden), or here again.
    public struct SetAbsent: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "setAbsent"

        public var absent: Bool

        public init(
            absent: Bool
        ) {
            self.absent = absent
        }
    }

    /// Raise my hand or take it down.
    public struct RaiseHand: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "raiseHand"

        public var raised: Bool

        public init(
            raised: Bool
        ) {
            self.raised = raised
        }
    }

    /// Say something to everybody in writing.
    public struct SendChat: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "sendChat"

        public var text: String

        public init(
            text: String
        ) {
            self.text = text
        }
    }

    /// Hear the interpreters of a language beside the original, or (empty) the original only.
    public struct ChooseLanguage: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "chooseLanguage"

        public var language: String

        public init(
            language: String
        ) {
            self.language = language
        }
    }

    /// Interpreters who are live: offer the others of my language to take over, so many seconds after they accept.
    public struct OfferHandover: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "offerHandover"

        public var seconds: Int

        public init(
            seconds: Int = 10
        ) {
            self.seconds = seconds
        }

        enum CodingKeys: String, CodingKey {
            case seconds
        }

        public init(from decoder: Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.seconds = try fields.decodeIfPresent(Int.self, forKey: .seconds) ?? 10
        }
    }

    /// Interpreters: ask who is live in my language to let me take over, so many seconds after they accept.
    public struct RequestHandover: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "requestHandover"

        public var seconds: Int

        public init(
            seconds: Int = 10
        ) {
            self.seconds = seconds
        }

        enum CodingKeys: String, CodingKey {
            case seconds
        }

        public init(from decoder: Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.seconds = try fields.decodeIfPresent(Int.self, forKey: .seconds) ?? 10
        }
    }

    /// Interpreters: accept what another one of my language offers or asks for.
    public struct AcceptHandover: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "acceptHandover"

        public init() {}
    }

    /// Interpreters: call off the handover of my language, mine or another's, accepted or not.
    public struct CancelHandover: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "cancelHandover"

        public init() {}
    }

    /// Moderators: turn interpretation on for this room, or off until a moderator turns it on again.
    public struct SetInterpretation: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "setInterpretation"

        public var enabled: Bool

        public init(
            enabled: Bool
        ) {
            self.enabled = enabled
        }
    }

    /// Moderators: take somebody's hand down.
    public struct LowerHand: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "lowerHand"

        public var peerId: String

        public init(
            peerId: String
        ) {
            self.peerId = peerId
        }
    }

    /// Moderators: turn somebody's microphone or camera off, or end their screen share.
    public struct StopTrack: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "stopTrack"

        public var peerId: String
        public var device: Device

        public init(
            peerId: String,
            device: Device
        ) {
            self.peerId = peerId
            self.device = device
        }
    }

    /// Moderators: turn everybody's microphone or camera off, or end all screen shares, but not my own.
    public struct StopAllTracks: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "stopAllTracks"

        public var device: Device

        public init(
            device: Device
        ) {
            self.device = device
        }
    }

    /// Moderators: allow or forbid one participant a device, whatever the room's rules say. Forbidding stops it.
    public struct Allow: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "allow"

        public var peerId: String
        public var device: Device
        public var allowed: Bool

        public init(
            peerId: String,
            device: Device,
            allowed: Bool
        ) {
            self.peerId = peerId
            self.device = device
            self.allowed = allowed
        }
    }

    /// Moderators: allow or forbid everybody but moderators a device; what was decided for single ones is forgotten.
    public struct AllowAll: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "allowAll"

        public var device: Device
        public var allowed: Bool

        public init(
            device: Device,
            allowed: Bool
        ) {
            self.device = device
            self.allowed = allowed
        }
    }

    /// Moderators: ask somebody to turn a device on; it is theirs to decide.
    public struct AskToTurnOn: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "askToTurnOn"

        public var peerId: String
        public var device: Device

        public init(
            peerId: String,
            device: Device
        ) {
            self.peerId = peerId
            self.device = device
        }
    }

    /// Moderators: who watches a webinar, in the order of coming, those whose name has the words in it.
    public struct ListViewers: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.ViewerList
        public static let method = "listViewers"

        public var words: String
        public var offset: Int

        public init(
            words: String = "",
            offset: Int = 0
        ) {
            self.words = words
            self.offset = offset
        }

        enum CodingKeys: String, CodingKey {
            case words
            case offset
        }

        public init(from decoder: Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.words = try fields.decodeIfPresent(String.self, forKey: .words) ?? ""
            self.offset = try fields.decodeIfPresent(Int.self, forKey: .offset) ?? 0
        }
    }

    /// Answer to `listViewers`: 50 at most from the place that was asked for, and how many there are in all.
    public struct ViewerList: Codable, Hashable, Sendable {
        public var viewers: [ViewerInfo]
        public var total: Int
    }

    /// A webinar's viewer in a moderator's list; `joinedAt` is Unix time in ms.
    public struct ViewerInfo: Codable, Hashable, Sendable {
        public var peerId: String
        public var displayName: String
        public var joinedAt: Int
    }

    /// Moderators: take one message of the chat away from everybody.
    public struct RemoveMessage: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "removeMessage"

        public var messageId: Int

        public init(
            messageId: Int
        ) {
            self.messageId = messageId
        }
    }

    /// Moderators: give a webinar's viewer a tile and devices, or take them away again.
    public struct SetOnStage: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "setOnStage"

        public var peerId: String
        public var onStage: Bool

        public init(
            peerId: String,
            onStage: Bool
        ) {
            self.peerId = peerId
            self.onStage = onStage
        }
    }

    /// Moderators: let somebody in who waits, or turn them away.
    public struct Admit: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "admit"

        public var peerId: String
        public var admitted: Bool

        public init(
            peerId: String,
            admitted: Bool
        ) {
            self.peerId = peerId
            self.admitted = admitted
        }
    }

    /// Moderators: let everybody in who waits, or turn them all away.
    public struct AdmitAll: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "admitAll"

        public var admitted: Bool

        public init(
            admitted: Bool
        ) {
            self.admitted = admitted
        }
    }

    /// Moderators: make newcomers wait, or not; then those who wait come in.
    public struct SetWaitingRoom: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "setWaitingRoom"

        public var enabled: Bool

        public init(
            enabled: Bool
        ) {
            self.enabled = enabled
        }
    }

    /// Moderators: let nobody in any more but moderators and those who were in before, or open the room again.
    public struct SetLocked: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "setLocked"

        public var locked: Bool

        public init(
            locked: Bool
        ) {
            self.locked = locked
        }
    }

    /// Moderators: take everybody's hand down.
    public struct LowerAllHands: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "lowerAllHands"

        public init() {}
    }

    /// Moderators: take the player away that everybody watches together.
    public struct StopVideo: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "stopVideo"

        public init() {}
    }

    /// Moderators: remove somebody, inside or in the waiting room, who then can't come back under this id.
    public struct Kick: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "kick"

        public var peerId: String

        public init(
            peerId: String
        ) {
            self.peerId = peerId
        }
    }

    /// Moderators: somebody who was removed may come back.
    public struct LetBack: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "letBack"

        public var peerId: String

        public init(
            peerId: String
        ) {
            self.peerId = peerId
        }
    }

    /// Moderators: send everybody away and end the meeting, also for those in the waiting room.
    public struct EndMeeting: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "endMeeting"

        public init() {}
    }

    /// Moderators with `canRecord`: have the meeting recorded from now on.
    public struct StartRecording: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "startRecording"

        public init() {}
    }

    /// Moderators with `canRecord`: end the recording.
    public struct StopRecording: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "stopRecording"

        public init() {}
    }

    /// Moderators: let nobody send video with more bits/s than this; 0 for no limit.
    public struct SetMaxBitrate: WireRequest, Codable, Hashable, Sendable {
        public typealias Answer = Wire.Done
        public static let method = "setMaxBitrate"

        public var bitrateBps: Int

        public init(
            bitrateBps: Int
        ) {
            self.bitrateBps = bitrateBps
        }
    }

    /// First frame after the socket opens: the protocol's version and what the router can handle.
    public struct Hello: Codable, Hashable, Sendable {
        public var version: Int
        public var routerRtpCapabilities: RtpCapabilities
    }

    /// Another participant entered, or somebody (perhaps me) was brought on stage and has a tile now.
    public struct PeerJoined: Codable, Hashable, Sendable {
        public var peer: PeerInfo
    }

    /// Another participant left, or their connection was lost; or somebody (perhaps me) only watches now.
    public struct PeerLeft: Codable, Hashable, Sendable {
        public var peerId: String
        public var reason: PeerLeftReason
    }

    /// A participant (perhaps me) has another name now.
    public struct PeerRenamed: Codable, Hashable, Sendable {
        public var peerId: String
        public var displayName: String
    }

    /// A peer (perhaps me) started to send something.
    public struct ProducerAdded: Codable, Hashable, Sendable {
        public var peerId: String
        public var producer: ProducerInfo
    }

    /// A producer was paused or resumed.
    public struct ProducerPaused: Codable, Hashable, Sendable {
        public var peerId: String
        public var producerId: String
        public var paused: Bool
    }

    /// A producer ended.
    public struct ProducerRemoved: Codable, Hashable, Sendable {
        public var peerId: String
        public var producerId: String
    }

    /// A peer looks elsewhere, or is back.
    public struct AbsenceChanged: Codable, Hashable, Sendable {
        public var peerId: String
        public var absent: Bool
    }

    /// A peer's connection got better or worse.
    public struct QualityChanged: Codable, Hashable, Sendable {
        public var peerId: String
        public var quality: Quality
    }

    /// Another participant (perhaps I) dominates the conversation, also while they pause; null for nobody.
    public struct DominantSpeakerChanged: Codable, Hashable, Sendable {
        public var peerId: String?
    }

    /// A participant (perhaps me) raised a hand or took it down. Of a viewer's, moderators and they themselves hear.
    public struct HandChanged: Codable, Hashable, Sendable {
        public var peerId: String
        public var displayName: String
        public var viewer: Bool
        public var raisedAt: Int?
    }

    /// Another number of viewers; of many, it is told twice a second at most.
    public struct ViewersChanged: Codable, Hashable, Sendable {
        public var count: Int
    }

    /// To those with a tile, where the account wants it and few watch: somebody came who only watches.
    public struct ViewerJoined: Codable, Hashable, Sendable {
        public var peerId: String
        public var displayName: String
    }

    /// To those with a tile, where the account wants it and few watch: somebody who only watched is gone.
    public struct ViewerLeft: Codable, Hashable, Sendable {
        public var peerId: String
        public var displayName: String
    }

    /// A participant (perhaps me) wrote something.
    public struct ChatAdded: Codable, Hashable, Sendable {
        public var message: ChatMessage
    }

    /// Everything that was written so far is gone.
    public struct ChatCleared: Codable, Hashable, Sendable {
        public init() {}
    }

    /// A moderator took one message away.
    public struct ChatRemoved: Codable, Hashable, Sendable {
        public var messageId: Int
    }

    /// I may do more or less than before; a viewer who was brought on stage is none any more.
    public struct PermissionsChanged: Codable, Hashable, Sendable {
        public var permissions: Permissions
        public var viewer: Bool
    }

    /// A moderator turned my microphone or camera off, or ended my screen share.
    public struct TrackStopped: Codable, Hashable, Sendable {
        public var device: Device
    }

    /// A moderator of this name (or of none: the account's own server) asks me to turn a device on.
    public struct AskedToTurnOn: Codable, Hashable, Sendable {
        public var device: Device
        public var displayName: String
    }

    /// Moderators have set other rules for the room.
    public struct RulesChanged: Codable, Hashable, Sendable {
        public var rules: Rules
    }

    /// A moderator decided something else for a participant (perhaps me) with a tile.
    public struct OverridesChanged: Codable, Hashable, Sendable {
        public var peerId: String
        public var overrides: Overrides
    }

    /// Everybody watches this player together from now on; empty for none.
    public struct VideoUrlChanged: Codable, Hashable, Sendable {
        public var url: String
    }

    /// Nobody may send video with more bits/s than this; 0 for no limit.
    public struct MaxBitrateChanged: Codable, Hashable, Sendable {
        public var bitrateBps: Int
    }

    /// The meeting is being recorded since this Unix time in ms; null: not any more.
    public struct RecordingChanged: Codable, Hashable, Sendable {
        public var since: Int?
    }

    /// To moderators: the recording ended, or could not begin, without anybody having wanted that.
    public struct RecordingFailed: Codable, Hashable, Sendable {
        public var problem: RecordingProblem
    }

    /// After my `join`: the recording goes on, without so many ms in which the server was away.
    public struct RecordingResumed: Codable, Hashable, Sendable {
        public var missingMs: Int
    }

    /// My `join` waits for a moderator.
    public struct Waiting: Codable, Hashable, Sendable {
        public init() {}
    }

    /// To moderators: somebody wants to come in.
    public struct Knocked: Codable, Hashable, Sendable {
        public var peer: WaitingPeer
    }

    /// To moderators: somebody doesn't wait any more: they were let in, turned away, or gave up.
    public struct KnockEnded: Codable, Hashable, Sendable {
        public var peerId: String
    }

    /// To moderators: somebody was removed.
    public struct Kicked: Codable, Hashable, Sendable {
        public var peer: KickedPeer
    }

    /// To moderators: somebody who was removed may come back.
    public struct KickEnded: Codable, Hashable, Sendable {
        public var peerId: String
    }

    /// Interpretation was turned on or off, or other languages can be chosen, or others interpret.
    public struct InterpretationChanged: Codable, Hashable, Sendable {
        public var interpretation: Interpretation
    }

    /// I hear the interpreters of this language from now on, or (empty) the original only.
    public struct ListeningChanged: Codable, Hashable, Sendable {
        public var language: String
        public var reason: ListeningReason
    }

    /// To the interpreters of one language: an offer to hand or take over, or one that was accepted; null: none.
    public struct HandoverChanged: Codable, Hashable, Sendable {
        public var handover: Handover?
    }

    /// To both interpreters: now the taker's microphone goes on and the giver's off. The handover is over.
    public struct HandoverDue: Codable, Hashable, Sendable {
        public var giver: String
        public var taker: String
    }

    /// The codec that every receiver can decode changed: produce video again with this one.
    public struct VideoCodecChanged: Codable, Hashable, Sendable {
        public var mimeType: String
    }

    /// One of my consumers is gone.
    public struct ConsumerClosed: Codable, Hashable, Sendable {
        public var consumerId: String
    }

    /// Which layers a consumer of a video that is mine now gets; null while it gets none.
    public struct ConsumerLayersChanged: Codable, Hashable, Sendable {
        public var consumerId: String
        public var layers: ConsumerLayers?
        public var exceedsLink: Bool
        public var serverBusy: Bool

        enum CodingKeys: String, CodingKey {
            case consumerId
            case layers
            case exceedsLink
            case serverBusy
        }

        public init(from decoder: Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.consumerId = try fields.decode(String.self, forKey: .consumerId)
            self.layers = try fields.decodeIfPresent(ConsumerLayers.self, forKey: .layers)
            self.exceedsLink = try fields.decodeIfPresent(Bool.self, forKey: .exceedsLink) ?? false
            self.serverBusy = try fields.decodeIfPresent(Bool.self, forKey: .serverBusy) ?? false
        }
    }

    /// Somebody receives so many spatial layers of my video, the smallest first; the others need not be sent.
    public struct ProducerLayersWanted: Codable, Hashable, Sendable {
        public var producerId: String
        public var spatialLayers: Int
        public var maxBitrates: [Int]
    }

    /// The server opened a data channel to me on my receive transport.
    public struct DataConsumerCreated: Codable, Hashable, Sendable {
        public var dataConsumerId: String
        public var peerId: String
        public var dataProducerId: String
        public var label: String
        public var `protocol`: String
        public var sctpStreamParameters: SctpStreamParameters
    }

    /// One of my transports lost its ICE consent or its DTLS failed: restart ICE or join again.
    public struct TransportFailed: Codable, Hashable, Sendable {
        public var transportId: String
        public var reason: TransportFailedReason
    }

    /// The server is about to close this socket; `code` is an error code, `message` for people.
    public struct Closing: Codable, Hashable, Sendable {
        public var code: String
        public var message: String
    }

    /// What a server tells without being asked.
    public enum Notification: Sendable {
        case hello(Hello)
        case peerJoined(PeerJoined)
        case peerLeft(PeerLeft)
        case peerRenamed(PeerRenamed)
        case producerAdded(ProducerAdded)
        case producerPaused(ProducerPaused)
        case producerRemoved(ProducerRemoved)
        case absenceChanged(AbsenceChanged)
        case qualityChanged(QualityChanged)
        case dominantSpeakerChanged(DominantSpeakerChanged)
        case handChanged(HandChanged)
        case viewersChanged(ViewersChanged)
        case viewerJoined(ViewerJoined)
        case viewerLeft(ViewerLeft)
        case chatAdded(ChatAdded)
        case chatCleared(ChatCleared)
        case chatRemoved(ChatRemoved)
        case permissionsChanged(PermissionsChanged)
        case trackStopped(TrackStopped)
        case askedToTurnOn(AskedToTurnOn)
        case rulesChanged(RulesChanged)
        case overridesChanged(OverridesChanged)
        case videoUrlChanged(VideoUrlChanged)
        case maxBitrateChanged(MaxBitrateChanged)
        case recordingChanged(RecordingChanged)
        case recordingFailed(RecordingFailed)
        case recordingResumed(RecordingResumed)
        case waiting(Waiting)
        case knocked(Knocked)
        case knockEnded(KnockEnded)
        case kicked(Kicked)
        case kickEnded(KickEnded)
        case interpretationChanged(InterpretationChanged)
        case listeningChanged(ListeningChanged)
        case handoverChanged(HandoverChanged)
        case handoverDue(HandoverDue)
        case videoCodecChanged(VideoCodecChanged)
        case consumerCreated(ConsumerCreated)
        case consumerClosed(ConsumerClosed)
        case consumerLayersChanged(ConsumerLayersChanged)
        case producerLayersWanted(ProducerLayersWanted)
        case dataConsumerCreated(DataConsumerCreated)
        case transportFailed(TransportFailed)
        case closing(Closing)

        /// An event by its name, or nil where this version doesn't know it.
        public static func decode(_ event: String, _ data: Data, by decoder: JSONDecoder) throws -> Self? {
            switch event {
            case "hello": return .hello(try decoder.decode(Hello.self, from: data))
            case "peerJoined": return .peerJoined(try decoder.decode(PeerJoined.self, from: data))
            case "peerLeft": return .peerLeft(try decoder.decode(PeerLeft.self, from: data))
            case "peerRenamed": return .peerRenamed(try decoder.decode(PeerRenamed.self, from: data))
            case "producerAdded": return .producerAdded(try decoder.decode(ProducerAdded.self, from: data))
            case "producerPaused": return .producerPaused(try decoder.decode(ProducerPaused.self, from: data))
            case "producerRemoved": return .producerRemoved(try decoder.decode(ProducerRemoved.self, from: data))
            case "absenceChanged": return .absenceChanged(try decoder.decode(AbsenceChanged.self, from: data))
            case "qualityChanged": return .qualityChanged(try decoder.decode(QualityChanged.self, from: data))
            case "dominantSpeakerChanged": return .dominantSpeakerChanged(try decoder.decode(DominantSpeakerChanged.self, from: data))
            case "handChanged": return .handChanged(try decoder.decode(HandChanged.self, from: data))
            case "viewersChanged": return .viewersChanged(try decoder.decode(ViewersChanged.self, from: data))
            case "viewerJoined": return .viewerJoined(try decoder.decode(ViewerJoined.self, from: data))
            case "viewerLeft": return .viewerLeft(try decoder.decode(ViewerLeft.self, from: data))
            case "chatAdded": return .chatAdded(try decoder.decode(ChatAdded.self, from: data))
            case "chatCleared": return .chatCleared(try decoder.decode(ChatCleared.self, from: data))
            case "chatRemoved": return .chatRemoved(try decoder.decode(ChatRemoved.self, from: data))
            case "permissionsChanged": return .permissionsChanged(try decoder.decode(PermissionsChanged.self, from: data))
            case "trackStopped": return .trackStopped(try decoder.decode(TrackStopped.self, from: data))
            case "askedToTurnOn": return .askedToTurnOn(try decoder.decode(AskedToTurnOn.self, from: data))
            case "rulesChanged": return .rulesChanged(try decoder.decode(RulesChanged.self, from: data))
            case "overridesChanged": return .overridesChanged(try decoder.decode(OverridesChanged.self, from: data))
            case "videoUrlChanged": return .videoUrlChanged(try decoder.decode(VideoUrlChanged.self, from: data))
            case "maxBitrateChanged": return .maxBitrateChanged(try decoder.decode(MaxBitrateChanged.self, from: data))
            case "recordingChanged": return .recordingChanged(try decoder.decode(RecordingChanged.self, from: data))
            case "recordingFailed": return .recordingFailed(try decoder.decode(RecordingFailed.self, from: data))
            case "recordingResumed": return .recordingResumed(try decoder.decode(RecordingResumed.self, from: data))
            case "waiting": return .waiting(try decoder.decode(Waiting.self, from: data))
            case "knocked": return .knocked(try decoder.decode(Knocked.self, from: data))
            case "knockEnded": return .knockEnded(try decoder.decode(KnockEnded.self, from: data))
            case "kicked": return .kicked(try decoder.decode(Kicked.self, from: data))
            case "kickEnded": return .kickEnded(try decoder.decode(KickEnded.self, from: data))
            case "interpretationChanged": return .interpretationChanged(try decoder.decode(InterpretationChanged.self, from: data))
            case "listeningChanged": return .listeningChanged(try decoder.decode(ListeningChanged.self, from: data))
            case "handoverChanged": return .handoverChanged(try decoder.decode(HandoverChanged.self, from: data))
            case "handoverDue": return .handoverDue(try decoder.decode(HandoverDue.self, from: data))
            case "videoCodecChanged": return .videoCodecChanged(try decoder.decode(VideoCodecChanged.self, from: data))
            case "consumerCreated": return .consumerCreated(try decoder.decode(ConsumerCreated.self, from: data))
            case "consumerClosed": return .consumerClosed(try decoder.decode(ConsumerClosed.self, from: data))
            case "consumerLayersChanged": return .consumerLayersChanged(try decoder.decode(ConsumerLayersChanged.self, from: data))
            case "producerLayersWanted": return .producerLayersWanted(try decoder.decode(ProducerLayersWanted.self, from: data))
            case "dataConsumerCreated": return .dataConsumerCreated(try decoder.decode(DataConsumerCreated.self, from: data))
            case "transportFailed": return .transportFailed(try decoder.decode(TransportFailed.self, from: data))
            case "closing": return .closing(try decoder.decode(Closing.self, from: data))
            default: return nil
            }
        }
    }
}
