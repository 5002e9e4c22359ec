import Foundation

/// How a connection ended: the WebSocket close code (1006 where there was none), and what the server said before.
struct Closed {
    var code: Int
    var closing: Wire.Closing?
}

/// One connection to a node: requests with their answers, events in order, and the end.
actor Connection {
    /// What comes before one is in: the greeting, and that a moderator has to open the door.
    nonisolated let greetings: AsyncStream<Wire.Notification>
    /// What the server tells of the meeting. Both end with the connection.
    nonisolated let events: AsyncStream<Wire.Notification>
    private let greet: AsyncStream<Wire.Notification>.Continuation
    private let tell: AsyncStream<Wire.Notification>.Continuation
    private let socket: URLSessionWebSocketTask
    private var waiting: [Int: CheckedContinuation<Data, Error>] = [:]
    private var lastId = 0
    private var closing: Wire.Closing?
    private var ended: Closed?

    init(url: URL) {
        (greetings, greet) = AsyncStream.makeStream(of: Wire.Notification.self)
        (events, tell) = AsyncStream.makeStream(of: Wire.Notification.self)
        socket = URLSession.shared.webSocketTask(with: url, protocols: [Wire.subprotocol])
        // A room of hundreds is told whole in the answer to `join`.
        socket.maximumMessageSize = 16 * 1024 * 1024
        socket.resume()
        Task { await listen() }
        Task { await ping() }
    }

    /// Asks for something. Throws `ParticipantError.refused`, or `.connectionLost` also where no answer comes in time.
    func request<Request: WireRequest>(_ request: Request, timeoutS: Double = 10) async throws -> Request.Answer {
        guard ended == nil else { throw ParticipantError.connectionLost }
        lastId += 1
        let id = lastId
        let text = try Frame.text(id: id, request)
        let timer = Task {
            try await Task.sleep(nanoseconds: UInt64(timeoutS * 1_000_000_000))
            answer(id, .failure(ParticipantError.connectionLost))
        }
        defer { timer.cancel() }
        let data: Data = try await withCheckedThrowingContinuation { continuation in
            waiting[id] = continuation
            Task {
                do {
                    try await socket.send(.string(text))
                } catch {
                    answer(id, .failure(ParticipantError.connectionLost))
                }
            }
        }
        return try JSONDecoder().decode(Request.Answer.self, from: data)
    }

    var isOver: Bool { ended != nil }

    /// How it ended; after the last event.
    func closed() -> Closed {
        ended ?? Closed(code: 1006, closing: closing)
    }

    /// Idempotent.
    func close() {
        socket.cancel(with: .normalClosure, reason: nil)
        end(1000)
    }

    private func listen() async {
        while let message = try? await socket.receive() {
            guard case .string(let text) = message, let frame = try? Frame(text: text) else { continue }
            switch frame {
            case .answered(let id, let data):
                answer(id, .success(data))
            case .refused(let id, let error):
                if let id { answer(id, .failure(ParticipantError.refused(error))) }
            case .told(let event):
                guard let event else { continue }
                switch event {
                case .hello, .waiting:
                    greet.yield(event)
                case .closing(let told):
                    closing = told
                default:
                    tell.yield(event)
                }
            }
        }
        end(socket.closeCode == .invalid ? 1006 : socket.closeCode.rawValue)
    }

    /// The server counts whom it has not heard for 9 s as lost.
    private func ping() async {
        while ended == nil {
            guard (try? await request(Wire.Ping(), timeoutS: 8)) != nil else {
                socket.cancel(with: .goingAway, reason: nil)
                return end(1006)
            }
            try? await Task.sleep(nanoseconds: 4_000_000_000)
        }
    }

    private func answer(_ id: Int, _ result: Result<Data, Error>) {
        waiting.removeValue(forKey: id)?.resume(with: result)
    }

    private func end(_ code: Int) {
        guard ended == nil else { return }
        ended = Closed(code: code, closing: closing)
        for id in waiting.keys { answer(id, .failure(ParticipantError.connectionLost)) }
        greet.finish()
        tell.finish()
    }
}
