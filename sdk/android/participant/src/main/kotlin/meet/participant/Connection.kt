package meet.participant

import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.ReceiveChannel
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.serialization.json.JsonElement
import meet.participant.wire.Answered
import meet.participant.wire.Closing
import meet.participant.wire.Hello
import meet.participant.wire.Notification
import meet.participant.wire.Ping
import meet.participant.wire.Refusal
import meet.participant.wire.Request
import meet.participant.wire.SUBPROTOCOL
import meet.participant.wire.Told
import meet.participant.wire.Waiting
import meet.participant.wire.frameOf
import meet.participant.wire.requestFrame

private const val HELLO_TIMEOUT_MS = 8_000L
private const val REQUEST_TIMEOUT_MS = 10_000L
// The server counts whom it has not heard for 9 s as lost.
private const val PING_INTERVAL_MS = 4_000L
private const val ABNORMAL = 1006

/** A WebSocket; what it hears goes to its [SocketListener], on threads of its own, one after another. */
interface Socket {
    fun send(text: String): Boolean

    fun close()
}

interface SocketListener {
    fun onText(text: String)

    /** Once, at the end; `code` is WebSocket's close code, 1006 where there was none. */
    fun onClosed(code: Int)
}

fun interface SocketFactory {
    fun open(url: String, subprotocol: String, listener: SocketListener): Socket
}

/** How a connection ended: the close code, and what the server said before. */
class Closed(val code: Int, val closing: Closing?)

/** One connection to a node: requests with their answers, events in order, and the end. */
class Connection(url: String, sockets: SocketFactory, scope: CoroutineScope, private val onWaiting: () -> Unit) {
    private val waiting = ConcurrentHashMap<Long, CompletableDeferred<JsonElement>>()
    private val lastId = AtomicLong()
    private val greeting = CompletableDeferred<Hello>()
    private val heard = Channel<Notification>(Channel.UNLIMITED)
    private val end = CompletableDeferred<Closed>()
    @Volatile private var closing: Closing? = null
    private val socket = sockets.open(url, SUBPROTOCOL, Listener())
    private val pinging = scope.launch { ping() }

    /** The server's first word; null where none comes in time, or the connection ends before. */
    suspend fun hello(): Hello? = withTimeoutOrNull(HELLO_TIMEOUT_MS) { runCatching { greeting.await() }.getOrNull() }

    /** What the server tells of the meeting; ends with the connection. */
    val events: ReceiveChannel<Notification> get() = heard

    /** Asks for something. Throws [Refused], or [ConnectionLost] also where no answer comes in time. */
    suspend fun <Answer> request(request: Request<Answer>, timeoutMs: Long = REQUEST_TIMEOUT_MS): Answer {
        val id = lastId.incrementAndGet()
        val answer = CompletableDeferred<JsonElement>()
        waiting[id] = answer
        try {
            if (end.isCompleted || !socket.send(requestFrame(id, request))) throw ConnectionLost()
            val data = withTimeoutOrNull(timeoutMs) { answer.await() }
                ?: throw ConnectionLost("The server did not answer ${request.method} in time.")
            return request.answer(data)
        } finally {
            waiting.remove(id)
        }
    }

    suspend fun closed(): Closed = end.await()

    /** Idempotent. */
    fun close() {
        socket.close()
        end(Closed(1000, closing))
    }

    private suspend fun ping() {
        while (true) {
            try {
                request(Ping, 2 * PING_INTERVAL_MS)
            } catch (_: ConnectionLost) {
                socket.close()
                return end(Closed(ABNORMAL, closing))
            }
            delay(PING_INTERVAL_MS)
        }
    }

    private fun end(closed: Closed) {
        if (!end.complete(closed)) return
        pinging.cancel()
        heard.close()
        greeting.completeExceptionally(ConnectionLost())
        waiting.values.forEach { it.completeExceptionally(ConnectionLost()) }
    }

    private inner class Listener : SocketListener {
        override fun onText(text: String) {
            when (val frame = frameOf(text)) {
                is Answered -> waiting[frame.id]?.complete(frame.data)
                is Refusal -> frame.id?.let { waiting[it] }?.completeExceptionally(Refused(frame.error))
                is Told -> frame.event?.let { event ->
                    when (event) {
                        is Hello -> greeting.complete(event)
                        is Waiting -> onWaiting()
                        else -> heard.trySend(event)
                    }
                    if (event is Closing) closing = event
                }
            }
        }

        override fun onClosed(code: Int) = end(Closed(code, closing))
    }
}
