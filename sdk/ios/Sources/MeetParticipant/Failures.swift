import Foundation

/// Why something failed; each has a sentence for people.
public enum ParticipantError: LocalizedError {
    /// The text is no link of a room.
    case linkInvalid
    /// The server said no: `code` is for programs.
    case refused(Wire.ErrorInfo)
    /// There is no connection, or it broke.
    case connectionLost
    /// This device cannot send or receive what was asked of it, such as by a codec that it lacks.
    case mediaFailed(message: String)
    /// It is over for this participant: `code` says why, `connectionLost` where nobody could be reached in time.
    case over(code: String, message: String)

    public var errorDescription: String? {
        switch self {
        case .linkInvalid: return "A room's link begins with https://, has the path /call/ or /webinar/, and a roomId."
        case .refused(let error): return error.message
        case .connectionLost: return "The server cannot be reached."
        case .mediaFailed(let message), .over(_, let message): return message
        }
    }
}
