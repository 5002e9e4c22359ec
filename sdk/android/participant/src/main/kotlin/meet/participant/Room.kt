package meet.participant

import kotlin.random.Random
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableSharedFlow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharedFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import meet.participant.wire.*

// At the door it may take as long as a moderator lets wait.
private const val JOIN_TIMEOUT_MS = 3_600_000L
private const val GOODBYE_MS = 1_000L
private const val EVENTS_KEPT = 256
// As many as a page of the browser's client shows.
private const val MAX_WATCHED = 25

/** What a room needs of the media of this device; each entry begins with [enter]. */
interface Media {
    /** What this device can receive of what the room has. Throws [MediaFailed]. */
    suspend fun load(router: RtpCapabilities): RtpCapabilities

    /**
     * Over this connection, from now on; what was before is gone. What I send is sent again. Throws [MediaFailed] where
     * this device can neither send nor receive, or [ConnectionLost].
     */
    suspend fun enter(joined: Joined, iceServers: List<IceServer>, connection: Connection)

    /** One more track. What this device cannot receive is left out. */
    suspend fun add(created: ConsumerCreated)

    suspend fun remove(consumerId: String)

    /** A moderator turned this off. */
    suspend fun stop(device: Device)

    fun close()
}

/**
 * One participant in one room, once. [join] comes in; a lost connection comes back by itself, with a new ticket; [over]
 * says why it does no longer, nor has come in: connection and media are closed then, as they are where [scope] ends. All
 * but [state] and [events] are to be called from one thread, such as Android's main thread.
 */
class Room(
    private val link: RoomLink,
    private val media: Media,
    private val sockets: SocketFactory,
    private val scope: CoroutineScope,
    private val onWaiting: () -> Unit = {},
) {
    private val known = MutableStateFlow<RoomState?>(null)
    private val told = MutableSharedFlow<Notification>(extraBufferCapacity = EVENTS_KEPT)
    private val ended = MutableStateFlow<MeetingOver?>(null)
    private var connection: Connection? = null
    private var living: Job? = null
    private var identity = ""
    private var watched = emptyList<String>()
    private var left = false

    /** Null before [join]. */
    val state: StateFlow<RoomState?> get() = known

    /** What happens, after the state has changed. */
    val events: SharedFlow<Notification> get() = told

    /** Why it is over; null while it is not. */
    val over: StateFlow<MeetingOver?> get() = ended

    /** Comes in; once. Throws [Refused], [ConnectionLost] or [MeetingOver]: it is [over] then. */
    suspend fun join() {
        val entered = try {
            enterWithin(ENTRY_WINDOW_MS, back = false)
        } catch (error: ParticipantException) {
            end(ending(error))
            throw error
        } catch (error: Throwable) {
            end(LEFT)
            throw error
        }
        living = scope.launch(start = CoroutineStart.UNDISPATCHED) { stay(entered) }
    }

    /** Asks the room for anything in its protocol. Throws [Refused] or [ConnectionLost]. */
    suspend fun <Answer> request(request: Request<Answer>): Answer =
        (connection ?: throw ConnectionLost()).request(request)

    suspend fun sendChat(text: String) = request(SendChat(text.trim()))

    suspend fun raiseHand(raised: Boolean = true) = request(RaiseHand(raised))

    /** Leaves for good. Idempotent. */
    suspend fun leave() {
        left = true
        living?.cancelAndJoin()
        living = null
        val last = connection // none while it is coming back
        connection = null
        try {
            last?.let { goodbye(it) }
        } finally {
            end(LEFT)
        }
    }

    private suspend fun goodbye(last: Connection) {
        try {
            withTimeoutOrNull(GOODBYE_MS) { runCatching { last.request(Leave) } }
        } finally {
            last.close()
        }
    }

    private suspend fun stay(first: Connection) {
        try {
            live(first)
        } finally {
            if (!left) { // whose scope has ended says no good-bye
                connection?.close()
                connection = null
                end(LEFT)
            }
        }
    }

    private suspend fun live(first: Connection) {
        var current = first
        while (true) {
            for (event in current.events) take(event)
            connection = null
            current.close()
            val over = afterClose(current.closed())
            if (over != null) return end(over)
            val handWasUp = known.value?.me?.handRaisedAt != null
            current = try {
                enterWithin(RECONNECT_WINDOW_MS, back = true)
            } catch (error: ParticipantException) {
                return end(ending(error))
            }
            if (handWasUp) scope.launch { runCatching { raiseHand() } }
        }
    }

    private fun end(over: MeetingOver) {
        if (ended.value != null) return
        media.close()
        ended.value = over
    }

    private suspend fun take(event: Notification) {
        when (event) {
            is ConsumerCreated -> media.add(event)
            is ConsumerClosed -> media.remove(event.consumerId)
            is TrackStopped -> media.stop(event.device)
            is TransportFailed -> connection?.close() // in again: media and signalling are of one age then
            else -> {}
        }
        known.value = known.value?.after(event)
        watch()
        told.tryEmit(event)
    }

    /** Of many cameras who does not ask receives only those that have been on for longest. */
    private fun watch() {
        val here = connection ?: return
        val pictures = known.value?.pictures(MAX_WATCHED).orEmpty()
        if (pictures == watched) return
        watched = pictures
        scope.launch { runCatching { here.request(Watch(pictures)) } } // lost: it is asked for anew when back
    }

    private suspend fun enterWithin(windowMs: Long, back: Boolean): Connection {
        val began = System.nanoTime()
        var refusals = 0
        var attempt = 0
        while (true) {
            val error = try {
                return enter()
            } catch (refused: Refused) {
                refusals += 1
                if (!isCurable(refused.code.value, refusals, back)) throw refused
                refused
            } catch (lost: ConnectionLost) {
                lost
            }
            val wait = delayMs(attempt, Random.nextDouble())
            if ((System.nanoTime() - began) / 1_000_000 + wait > windowMs) throw error
            attempt += 1
            delay(wait)
        }
    }

    private suspend fun enter(): Connection {
        val admission = link.ticket(identity)
        identity = admission.identity
        val fresh = Connection(admission.nodeUrl, sockets, scope, onWaiting)
        try {
            val hello = fresh.hello() ?: throw ConnectionLost("The server did not greet.")
            val capabilities = media.load(hello.routerRtpCapabilities)
            val joined = fresh.request(Join(admission.ticket, capabilities), JOIN_TIMEOUT_MS)
            identity = joined.identity
            if (left) goodbye(fresh)
            if (left) throw LEFT
            known.value = RoomState(joined.room)
            connection = fresh
            watched = emptyList()
            media.enter(joined, admission.iceServers, fresh)
            if (left) throw LEFT
            watch()
            return fresh
        } catch (error: Throwable) {
            connection = null
            if (error is MediaFailed) goodbye(fresh) else fresh.close()
            throw when (error) {
                is ConnectionLost -> afterClose(fresh.closed()) ?: error
                is MediaFailed -> ending(error)
                else -> error
            }
        }
    }
}
