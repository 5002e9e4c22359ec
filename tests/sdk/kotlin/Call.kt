import java.util.concurrent.atomic.AtomicInteger
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonObject
import meet.participant.Connection
import meet.participant.ConnectionLost
import meet.participant.Media
import meet.participant.MediaFailed
import meet.participant.MeetingOver
import meet.participant.OkHttpSockets
import meet.participant.ParticipantException
import meet.participant.Room
import meet.participant.RoomLink
import meet.participant.Socket
import meet.participant.SocketFactory
import meet.participant.SocketListener
import meet.participant.wire.*

/** No sound and no picture: takes what the room has for what it can do itself. */
private object NoMedia : Media {
    var isAble = true

    override suspend fun load(router: RtpCapabilities) = router

    override suspend fun enter(joined: Joined, iceServers: List<IceServer>, connection: Connection) {
        if (!isAble) throw MediaFailed("No codec.")
        println("in ${joined.peerId}")
    }

    override suspend fun add(created: ConsumerCreated) = println("offered ${created.peerId} ${created.source}")

    override suspend fun remove(consumerId: String) = Unit

    override suspend fun stop(device: Device) = println("stopped $device")

    override fun close() = println("closed")
}

/** Sockets that can break, or can't be had, and say which pictures are watched, and that they are closed. */
private class BreakingSockets(private val sockets: SocketFactory) : SocketFactory {
    var breakOff: () -> Unit = {}
    var areHad = true
    private val open = AtomicInteger()

    override fun open(url: String, subprotocol: String, listener: SocketListener): Socket {
        if (!areHad) {
            println("no socket")
            throw ConnectionLost()
        }
        val socket = sockets.open(url, subprotocol, listener)
        open.incrementAndGet()
        var isOpen = true
        breakOff = {
            listener.onClosed(1006)
            socket.close()
        }
        return object : Socket by socket {
            override fun close() {
                if (isOpen) println("${open.decrementAndGet()} sockets")
                isOpen = false
                socket.close()
            }

            override fun send(text: String): Boolean {
                val frame = wireJson.parseToJsonElement(text).jsonObject
                if (frame["method"] == JsonPrimitive("watch")) println("watches ${frame["data"]}")
                return socket.send(text)
            }
        }
    }
}

/**
 * Joins the link and says what happens; takes `chat TEXT`, `hand`, `break`, `unable`, `lose`, `state`, `leave` and `cancel`.
 * With the argument `unable` its media can't enter from the first.
 */
fun main(arguments: Array<String>) = runBlocking {
    val sockets = BreakingSockets(OkHttpSockets())
    NoMedia.isAble = "unable" !in arguments
    val scope = CoroutineScope(coroutineContext + SupervisorJob())
    val room = Room(RoomLink.read(arguments[0]), NoMedia, sockets, scope) { println("waiting") }
    scope.launch(start = CoroutineStart.UNDISPATCHED) {
        room.events.collect { event ->
            when (event) {
                is ChatAdded -> println("${event.message.displayName}: ${event.message.text}")
                is PeerJoined -> println("came ${event.peer.displayName}")
                is PeerLeft -> println("went ${event.peerId}")
                else -> {}
            }
        }
    }
    try {
        room.join()
    } catch (refused: ParticipantException) {
        println("over ${room.over.value?.code}")
        println("${(refused as? meet.participant.Refused)?.code ?: (refused as? MeetingOver)?.code}: ${refused.message}")
        kotlin.system.exitProcess(0)
    }
    scope.launch {
        println("over ${room.over.first { it != null }?.code}")
        kotlin.system.exitProcess(0)
    }
    while (true) {
        val line = withContext(Dispatchers.IO) { readLine() } ?: break
        when (line.substringBefore(' ')) {
            "chat" -> room.sendChat(line.substringAfter(' '))
            "hand" -> room.raiseHand()
            "break" -> sockets.breakOff()
            "unable" -> {
                NoMedia.isAble = false
                sockets.breakOff()
            }
            "lose" -> {
                sockets.areHad = false
                sockets.breakOff()
            }
            "state" -> println(room.state.value?.run { "${peers.map { it.displayName }} ${chat.size}" })
            "leave" -> room.leave()
            "cancel" -> scope.cancel()
        }
    }
}
