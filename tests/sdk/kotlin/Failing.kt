import io.github.crow_misia.mediasoup.failsAt
import java.io.File
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.buildJsonObject
import meet.participant.Connection
import meet.participant.ParticipantException
import meet.participant.Socket
import meet.participant.media.MediasoupMedia
import meet.participant.wire.*
import org.webrtc.MediaStreamTrack
import org.webrtc.PeerConnectionFactory

/** A track without WebRTC's native library. */
private class NoTrack : MediaStreamTrack(1) {
    override fun setEnabled(enable: Boolean) = true
}

private object NoSocket : Socket {
    override fun send(text: String) = false

    override fun close() = Unit
}

private fun noFactory(): PeerConnectionFactory {
    val field = Class.forName("sun.misc.Unsafe").getDeclaredField("theUnsafe").apply { isAccessible = true }
    val unsafe = field.get(null)
    val allocate = unsafe.javaClass.getMethod("allocateInstance", Class::class.java)
    return allocate.invoke(unsafe, PeerConnectionFactory::class.java) as PeerConnectionFactory
}

/** Enters with the `Joined` of a file, sends a track, and enters again, with a library that fails; one line for each. */
fun main(arguments: Array<String>): Unit = runBlocking {
    val joined = wireJson.decodeFromString(Joined.serializer(), File(arguments[0]).readText())
    val connection = Connection("", { _, _, _ -> NoSocket }, CoroutineScope(SupervisorJob())) {}
    for (what in listOf("load", "createSendTransport", "createRecvTransport", "consume", "produce", "setTrack")) {
        val stopped = mutableListOf<Source>()
        val media = MediasoupMedia(noFactory(), stopped::add)
        val said = mutableListOf<String>()
        suspend fun trying(name: String, action: suspend () -> Unit) {
            try {
                action()
            } catch (error: ParticipantException) {
                said += "$name ${error.javaClass.simpleName}: ${error.message}"
            }
        }
        failsAt = what
        trying("load") { media.load(buildJsonObject {}) }
        if (said.isEmpty()) trying("enter") { media.enter(joined, emptyList(), connection) }
        if (said.isEmpty()) {
            trying("produce") { media.produce(Source.CAMERA, NoTrack()) }
            if (what == "setTrack") trying("produce again") { media.produce(Source.CAMERA, NoTrack()) }
        }
        println("$what: ${said + "${media.tracks.value.size} received"}")
        media.close()
    }
    kotlin.system.exitProcess(0)
}
