import Foundation
import Mediasoup
import WebRTC

/// Something that somebody sends, as it can be shown or heard.
public struct RemoteTrack {
    public let peerId: String
    public let source: Wire.Source
    public let track: RTCMediaStreamTrack
}

/// A room's media by libmediasoupclient. It asks back while it is called; what it asks is answered later, in `callback`.
@MainActor
public final class MediaSession: ObservableObject {
    /// What others send, by the id of its consumer.
    @Published public private(set) var tracks: [String: RemoteTrack] = [:]
    /// A moderator has turned this off: the app turns its device off, too, such as by `LocalDevices.cameraOff`.
    public var onStopped: @MainActor (Wire.Source) -> Void = { _ in }
    let factory = RTCPeerConnectionFactory(
        encoderFactory: RTCDefaultVideoEncoderFactory(), decoderFactory: RTCDefaultVideoDecoderFactory()
    )
    private var device: Device?
    private var connection: Connection?
    private var send: SendTransport?
    private var receive: ReceiveTransport?
    private var asking: Asking?
    private var consumers: [String: Consumer] = [:]
    private var producers: [Wire.Source: Producer] = [:]
    private var sending: [Wire.Source: RTCMediaStreamTrack] = [:]
    private let producing = DispatchQueue(label: "meet.participant.producing")

    /// What this device can receive of what the room has. Throws `ParticipantError.mediaFailed`.
    func load(_ router: Wire.RtpCapabilities) throws -> Wire.RtpCapabilities {
        let fresh = Device(pcFactory: factory)
        device = fresh
        return try orFailed {
            try fresh.load(with: router.text())
            return try JSON(text: fresh.rtpCapabilities())
        }
    }

    /// Over this connection, from now on; what was before is gone. What I send is sent again. Throws
    /// `ParticipantError.mediaFailed` where this device can neither send nor receive, or `.connectionLost`.
    func enter(_ joined: Wire.Joined, iceServers: [Wire.IceServer], over connection: Connection) async throws {
        forget()
        guard let device else { return }
        self.connection = connection
        let asking = Asking(connection)
        let servers = String(decoding: try JSONEncoder().encode(iceServers), as: UTF8.self)
        let (up, down) = (joined.sendTransport, joined.recvTransport)
        try orFailed {
            send = try device.createSendTransport(
                id: up.id, iceParameters: up.iceParameters.text(), iceCandidates: JSON.list(up.iceCandidates).text(),
                dtlsParameters: up.dtlsParameters.text(), sctpParameters: up.sctpParameters?.text(),
                iceServers: servers, appData: nil
            )
            receive = try device.createReceiveTransport(
                id: down.id, iceParameters: down.iceParameters.text(),
                iceCandidates: JSON.list(down.iceCandidates).text(), dtlsParameters: down.dtlsParameters.text(),
                sctpParameters: down.sctpParameters?.text(), iceServers: servers
            )
        }
        self.asking = asking
        send?.delegate = asking
        receive?.delegate = asking
        for created in joined.consumers { await add(created) }
        let before = sending
        for (source, track) in before {
            do {
                try await produce(source, track)
            } catch {
                let isOver = await connection.isOver
                if isOver {
                    sending = before
                    throw ParticipantError.connectionLost
                }
                onStopped(source) // in without it
            }
        }
    }

    /// Sends a track as this source, or again after `pause`. Throws what the room answers, or
    /// `ParticipantError.mediaFailed`; it is not sent then, but after `.connectionLost` by the next connection.
    public func produce(_ source: Wire.Source, _ track: RTCMediaStreamTrack) async throws {
        let transport = send
        sending[source] = track
        do {
            if let known = producers[source] {
                try await resume(known, track)
            } else {
                try await begin(source, track)
            }
        } catch {
            // Meanwhile it may be sent over another connection, or another track in its place.
            if send === transport, sending[source] === track { sending[source] = nil }
            throw error
        }
    }

    private func resume(_ known: Producer, _ track: RTCMediaStreamTrack) async throws {
        try orFailed { try known.replaceTrack(track) } // the one before may be of a camera that was turned off
        known.resume()
        do {
            _ = try await connection?.request(Wire.ResumeProducer(producerId: known.id))
        } catch {
            known.pause()
            throw error
        }
    }

    private func begin(_ source: Wire.Source, _ track: RTCMediaStreamTrack) async throws {
        guard let send, let asking else { return }
        let appData = try JSON.object(["source": .text(source.rawValue)]).text()
        // Not on the main thread, which others wait for.
        let fresh: Producer = try await withCheckedThrowingContinuation { continuation in
            producing.async {
                continuation.resume(with: Result { try Self.make(track, appData: appData, by: send, asking) })
            }
        }
        guard self.send === send else { throw ParticipantError.connectionLost } // gone with its transport
        producers[source] = fresh
        if sending[source] == nil { await pause(source) } // called for meanwhile
    }

    /// Waits until the room has answered. The library takes one call at a time, and so does `failure`.
    private nonisolated static func make(
        _ track: RTCMediaStreamTrack, appData: String, by send: SendTransport, _ asking: Asking
    ) throws -> Producer {
        asking.failure = nil
        let fresh: Producer
        do {
            fresh = try send.createProducer(
                for: track, encodings: nil, codecOptions: nil, codec: nil, appData: appData
            )
        } catch {
            throw asking.failure ?? ParticipantError.mediaFailed(message: error.localizedDescription)
        }
        if let failure = asking.failure {
            fresh.pause()
            throw failure
        }
        return fresh
    }

    /// Sends this no longer, for a while.
    public func pause(_ source: Wire.Source) async {
        sending[source] = nil
        guard let known = producers[source] else { return }
        known.pause()
        _ = try? await connection?.request(Wire.PauseProducer(producerId: known.id))
    }

    func stop(_ source: Wire.Source) async {
        await pause(source)
        onStopped(source)
    }

    func add(_ created: Wire.ConsumerCreated) async {
        guard
            let receive,
            let parameters = try? created.rtpParameters.text(),
            let consumer = try? receive.consume(
                consumerId: created.consumerId, producerId: created.producerId,
                kind: created.kind == .audio ? .audio : .video, rtpParameters: parameters, appData: nil
            )
        else { return }
        consumers[created.consumerId] = consumer
        tracks[created.consumerId] = RemoteTrack(
            peerId: created.peerId, source: created.source, track: consumer.track
        )
        // Sound is wanted always; a picture as soon as a view shows it.
        if created.kind == .audio {
            _ = try? await connection?.request(Wire.ResumeConsumer(consumerId: created.consumerId))
        }
    }

    func remove(_ consumerId: String) {
        tracks[consumerId] = nil
        consumers.removeValue(forKey: consumerId)?.close()
    }

    /// A view shows this picture in so many pixels, or (nil) no longer.
    func show(_ consumerId: String, heightPx: Int?) async {
        guard let heightPx else {
            _ = try? await connection?.request(Wire.PauseConsumer(consumerId: consumerId))
            return
        }
        let layer = heightPx <= 180 ? 0 : heightPx <= 360 ? 1 : 2
        let layers = Wire.ConsumerLayers(spatialLayer: layer)
        _ = try? await connection?.request(Wire.SetPreferredLayers(consumerId: consumerId, layers: layers))
        _ = try? await connection?.request(Wire.ResumeConsumer(consumerId: consumerId))
    }

    func close() {
        forget()
        sending = [:]
        device = nil
    }

    /// The library's own errors say nothing to who does not know it.
    private func orFailed<Value>(_ action: () throws -> Value) throws -> Value {
        do {
            return try action()
        } catch {
            throw ParticipantError.mediaFailed(message: error.localizedDescription)
        }
    }

    private func forget() {
        tracks = [:]
        consumers = [:]
        producers = [:]
        send?.close()
        receive?.close()
        (send, receive, asking) = (nil, nil, nil)
    }
}

/// What the transports ask of the room; on whatever thread they do.
private final class Asking: SendTransportDelegate, ReceiveTransportDelegate {
    /// What the room answered to what was to be sent last; nil where it took it.
    var failure: ParticipantError?
    private let connection: Connection

    init(_ connection: Connection) {
        self.connection = connection
    }

    func onConnect(transport: Transport, dtlsParameters: String) {
        let id = transport.id
        Task {
            guard let parameters = try? JSON(text: dtlsParameters) else { return }
            _ = try? await connection.request(
                Wire.ConnectTransport(transportId: id, dtlsParameters: parameters)
            )
        }
    }

    /// A transport that failed is told by the server, too, which sees more: `transportFailed`.
    func onConnectionStateChange(transport: Transport, connectionState: TransportConnectionState) {}

    func onProduce(
        transport: Transport,
        kind: MediaKind,
        rtpParameters: String,
        appData: String,
        callback: @escaping (String?) -> Void
    ) {
        Task {
            guard
                let parameters = try? JSON(text: rtpParameters),
                case .object(let data)? = try? JSON(text: appData),
                case .text(let source)? = data["source"]
            else { return callback(nil) }
            let request = Wire.Produce(
                kind: kind == .audio ? .audio : .video, source: Wire.Source(rawValue: source), rtpParameters: parameters
            )
            do {
                callback(try await connection.request(request).producerId)
            } catch {
                failure = error as? ParticipantError
                callback(nil)
            }
        }
    }

    func onProduceData(
        transport: Transport,
        sctpParameters: String,
        label: String,
        protocol dataProtocol: String,
        appData: String,
        callback: @escaping (String?) -> Void
    ) {
        callback(nil)
    }
}
