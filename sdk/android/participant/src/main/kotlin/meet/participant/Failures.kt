package meet.participant

import meet.participant.wire.ErrorCode
import meet.participant.wire.ErrorInfo

/** Why something failed: `message` is a sentence for people. */
sealed class ParticipantException(message: String, cause: Throwable? = null) : Exception(message, cause)

/** The server said no: `code` for programs. */
class Refused(val error: ErrorInfo) : ParticipantException(error.message) {
    val code: ErrorCode get() = error.code
}

/** There is no connection, or it broke. */
class ConnectionLost(message: String = "The connection was lost.", cause: Throwable? = null) :
    ParticipantException(message, cause)

/** This device cannot send or receive what was asked of it, such as by a codec that it lacks. */
class MediaFailed(message: String, cause: Throwable? = null) : ParticipantException(message, cause)

/** It is over for this participant: `code` says why, `connectionLost` where nobody could be reached in time. */
class MeetingOver(val code: String, message: String, cause: Throwable? = null) : ParticipantException(message, cause)
