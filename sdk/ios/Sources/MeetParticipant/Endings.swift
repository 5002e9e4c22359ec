import Foundation

/// What the end of a connection means, and how long to try again: the policy of the browser's client. Pure.
enum Endings {
    /// A first entry is given up after so long, a lost connection after the second.
    static let entryWindowS = 20.0
    static let reconnectWindowS = 120.0
    static let lost = ParticipantError.over(
        code: "connectionLost", message: "The connection to the meeting was lost."
    )
    static let left = ParticipantError.over(code: "left", message: "The participant has left.")
    private static let maxRefusals = 5
    /// A server that is busy is asked once more, as the next ticket may be for another node.
    private static let maxBusyRefusals = 2
    private static let curableByTicket: Set = ["ticketExpired", "ticketInvalid", "wrongNode", "serverBusy"]
    private static let passing: Set = ["serverClosing", "internalError"]
    private static let final = [
        4400: ("outdatedClient", "The server speaks another version of the protocol."),
        4409: ("peerReplaced", "Someone joined into the room with your ID"),
        4411: ("kicked", "You were removed from this meeting."),
        4412: ("meetingEnded", "The meeting has ended."),
        4429: ("tooManyRequests", "Too many requests."),
    ]

    /// For who wants to stay in; nil: connect again.
    static func after(_ closed: Closed) -> ParticipantError? {
        if let closing = closed.closing {
            return passing.contains(closing.code) ? nil : .over(code: closing.code, message: closing.message)
        }
        return final[closed.code].map { code, message in .over(code: code, message: message) }
    }

    /// Why it is over for who could not come in, or not again.
    static func ending(_ error: Error) -> ParticipantError {
        switch error {
        case ParticipantError.over(let code, let message): return .over(code: code, message: message)
        case ParticipantError.refused(let info): return .over(code: info.code.rawValue, message: info.message)
        case ParticipantError.mediaFailed(let message): return .over(code: "unsupported", message: message)
        case is CancellationError: return left
        default: return lost
        }
    }

    /// Whether an attempt to enter that was refused so may be repeated, after so many refusals, this one included.
    /// Who comes `back` after a lost connection is patient with a busy server, for there is a place for them.
    static func isCurable(_ error: Wire.ErrorInfo, refusals: Int, back: Bool) -> Bool {
        let code = error.code.rawValue
        let most = code == "serverBusy" && !back ? maxBusyRefusals : maxRefusals
        return passing.contains(code) || (curableByTicket.contains(code) && refusals < most)
    }

    /// The wait before attempt number `attempt` (from 0); `random` from 0 to 1 spreads clients out.
    static func delayS(attempt: Int, random: Double) -> Double {
        min(5, 0.3 * pow(2, Double(min(attempt, 10)))) * (0.5 + random / 2)
    }
}
