import Foundation

/// One participant in one room, once. `join` comes in; a lost connection comes back by itself, with a new ticket; `over`
/// says why it does no longer, nor has come in: connection and media are closed then.
@MainActor
public final class Room: ObservableObject {
    /// What is known; nil before `join`.
    @Published public private(set) var state: RoomState?
    /// Why it is over; nil while it is not.
    @Published public private(set) var over: ParticipantError?
    public let media = MediaSession()
    private let link: RoomLink
    private let onWaiting: () -> Void
    private var connection: Connection?
    private var living: Task<Void, Never>?
    private var identity = ""
    private var watched: [String] = []
    private var hasLeft = false
    /// As many as a page of the browser's client shows.
    private static let maxWatched = 25

    public init(_ link: RoomLink, onWaiting: @escaping () -> Void = {}) {
        self.link = link
        self.onWaiting = onWaiting
    }

    /// Comes in; once. Throws `ParticipantError`, or `CancellationError`: it is over then.
    public func join() async throws {
        do {
            let entered = try await enter(within: Endings.entryWindowS, back: false)
            living = Task { await live(entered) }
        } catch {
            end(Endings.ending(error))
            throw error
        }
    }

    /// Asks the room for anything in its protocol.
    public func request<Request: WireRequest>(_ request: Request) async throws -> Request.Answer {
        guard let connection else { throw ParticipantError.connectionLost }
        return try await connection.request(request)
    }

    public func sendChat(_ text: String) async throws {
        _ = try await request(Wire.SendChat(text: text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    public func raiseHand(_ raised: Bool = true) async throws {
        _ = try await request(Wire.RaiseHand(raised: raised))
    }

    /// Leaves for good. Idempotent.
    public func leave() async {
        hasLeft = true
        living?.cancel()
        living = nil
        if let last = connection { // none while it is coming back
            connection = nil
            await goodbye(last)
        }
        end(Endings.left)
    }

    private func goodbye(_ last: Connection) async {
        _ = try? await last.request(Wire.Leave(), timeoutS: 1)
        await last.close()
    }

    private func live(_ first: Entered) async {
        var current = first
        while true {
            await listen(to: current)
            guard !hasLeft else { return }
            connection = nil
            await current.connection.close()
            if let over = Endings.after(await current.connection.closed()) { return end(over) }
            let handWasUp = state?.me.handRaisedAt != nil
            do {
                current = try await enter(within: Endings.reconnectWindowS, back: true)
                if handWasUp { Task { try? await raiseHand() } }
            } catch {
                return end(hasLeft ? Endings.left : Endings.ending(error))
            }
        }
    }

    private func listen(to entered: Entered) async {
        for await event in entered.events {
            switch event {
            case .consumerCreated(let created):
                await media.add(created)
            case .consumerClosed(let closed):
                media.remove(closed.consumerId)
            case .trackStopped(let stopped):
                await media.stop(Wire.Source(rawValue: stopped.device.rawValue))
            case .transportFailed:
                await entered.connection.close() // in again: media and signalling are of one age then
            default:
                break
            }
            state?.take(event)
            watch()
        }
    }

    /// Of many cameras who does not ask receives only those that have been on for longest.
    private func watch() {
        guard let connection, let pictures = state?.pictures(Self.maxWatched), pictures != watched else { return }
        watched = pictures
        // Lost: it is asked for anew when back.
        Task { _ = try? await connection.request(Wire.Watch(producerIds: pictures)) }
    }

    private func end(_ over: ParticipantError) {
        guard self.over == nil else { return }
        media.close()
        self.over = over
    }

    private struct Entered {
        let connection: Connection
        let events: AsyncStream<Wire.Notification>
    }

    private func enter(within windowS: Double, back: Bool) async throws -> Entered {
        let began = Date()
        var refusals = 0
        var attempt = 0
        while true {
            let failure: ParticipantError
            do {
                return try await enter()
            } catch ParticipantError.refused(let error) {
                refusals += 1
                failure = .refused(error)
                guard Endings.isCurable(error, refusals: refusals, back: back) else { throw failure }
            } catch ParticipantError.connectionLost {
                failure = .connectionLost
            }
            let waitS = Endings.delayS(attempt: attempt, random: Double.random(in: 0...1))
            guard Date().timeIntervalSince(began) + waitS < windowS else { throw failure }
            attempt += 1
            try await Task.sleep(nanoseconds: UInt64(waitS * 1_000_000_000))
        }
    }

    private func enter() async throws -> Entered {
        let admission = try await link.ticket(identity: identity)
        identity = admission.identity
        guard let url = URL(string: admission.nodeUrl) else { throw ParticipantError.connectionLost }
        let fresh = Connection(url: url)
        do {
            let joined = try await join(fresh, admission)
            identity = joined.identity
            if hasLeft {
                await goodbye(fresh)
                throw CancellationError()
            }
            state = RoomState(joined.room)
            connection = fresh
            watched = []
            try await media.enter(joined, iceServers: admission.iceServers, over: fresh)
            if hasLeft { throw CancellationError() }
            watch()
            return Entered(connection: fresh, events: fresh.events)
        } catch {
            connection = nil
            if case ParticipantError.mediaFailed = error {
                await goodbye(fresh)
                throw Endings.ending(error)
            }
            let closed = await fresh.closed()
            await fresh.close()
            if case ParticipantError.connectionLost = error {
                throw Endings.after(closed) ?? ParticipantError.connectionLost
            }
            throw error
        }
    }

    /// The greeting, the request to join, and perhaps a closed door: at that a person may wait for an hour.
    private func join(_ fresh: Connection, _ admission: Wire.Admission) async throws -> Wire.Joined {
        var greeting = fresh.greetings.makeAsyncIterator()
        guard case .hello(let hello)? = await greeting.next() else { throw ParticipantError.connectionLost }
        let waiting = Task { @MainActor in
            for await _ in fresh.greetings { onWaiting() }
        }
        defer { waiting.cancel() }
        let capabilities = try media.load(hello.routerRtpCapabilities)
        let join = Wire.Join(ticket: admission.ticket, rtpCapabilities: capabilities)
        return try await fresh.request(join, timeoutS: 3600)
    }
}
