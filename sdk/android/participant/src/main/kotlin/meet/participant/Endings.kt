package meet.participant

import kotlin.math.min

/** A first entry is given up after so long, a lost connection after the second. */
internal const val ENTRY_WINDOW_MS = 20_000L
internal const val RECONNECT_WINDOW_MS = 120_000L
private const val FIRST_DELAY_MS = 300L
private const val LONGEST_DELAY_MS = 5_000L
private const val MAX_REFUSALS = 5
// A server that is busy is asked once more, as the next ticket may be for another node.
private const val MAX_BUSY_REFUSALS = 2

private val CURABLE_BY_TICKET = setOf("ticketExpired", "ticketInvalid", "wrongNode", "serverBusy")
private val PASSING = setOf("serverClosing", "internalError")
private val FINAL = mapOf(
    4400 to ("outdatedClient" to "The server speaks another version of the protocol."),
    4409 to ("peerReplaced" to "Someone joined into the room with your ID"),
    4411 to ("kicked" to "You were removed from this meeting."),
    4412 to ("meetingEnded" to "The meeting has ended."),
    4429 to ("tooManyRequests" to "Too many requests."),
)
internal val LEFT = MeetingOver("left", "The participant has left.")
internal val LOST = MeetingOver("connectionLost", "The connection to the meeting was lost.")

/** Why it is over for who could not come in, or not again. */
internal fun ending(error: ParticipantException): MeetingOver = when (error) {
    is MeetingOver -> error
    is Refused -> MeetingOver(error.code.value, error.error.message, error)
    is MediaFailed -> MeetingOver("unsupported", error.message.orEmpty(), error)
    is ConnectionLost -> LOST
}

/** What the end of a connection means for who wants to stay in; null: connect again. */
internal fun afterClose(closed: Closed): MeetingOver? {
    val closing = closed.closing
    if (closing != null) return if (closing.code in PASSING) null else MeetingOver(closing.code, closing.message)
    return FINAL[closed.code]?.let { (code, message) -> MeetingOver(code, message) }
}

/**
 * Whether an attempt to enter that was refused so may be repeated, after so many refusals, this one included.
 *
 * Who comes [back] after a lost connection is patient with a busy server, for there is a place for them.
 */
internal fun isCurable(code: String, refusals: Int, back: Boolean): Boolean {
    val most = if (code == "serverBusy" && !back) MAX_BUSY_REFUSALS else MAX_REFUSALS
    return code in PASSING || (code in CURABLE_BY_TICKET && refusals < most)
}

/** The wait before attempt number `attempt` (from 0); `random` from 0 to 1 spreads clients out. */
internal fun delayMs(attempt: Int, random: Double): Long {
    val longest = min(LONGEST_DELAY_MS, FIRST_DELAY_MS shl min(attempt, 10))
    return (longest * (0.5 + random / 2)).toLong()
}
