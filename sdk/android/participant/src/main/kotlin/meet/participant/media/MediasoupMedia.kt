package meet.participant.media

import io.github.crow_misia.mediasoup.Consumer
import io.github.crow_misia.mediasoup.Device as MediasoupDevice
import io.github.crow_misia.mediasoup.MediasoupException
import io.github.crow_misia.mediasoup.Producer
import io.github.crow_misia.mediasoup.RecvTransport
import io.github.crow_misia.mediasoup.SendTransport
import io.github.crow_misia.mediasoup.Transport
import java.util.concurrent.Executors
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.put
import meet.participant.Connection
import meet.participant.ConnectionLost
import meet.participant.Media
import meet.participant.MediaFailed
import meet.participant.ParticipantException
import meet.participant.Refused
import meet.participant.wire.*
import org.webrtc.MediaStreamTrack
import org.webrtc.PeerConnection
import org.webrtc.PeerConnectionFactory

/** Something that somebody sends, as it can be shown or heard. */
class RemoteTrack(val peerId: String, val source: Source, val track: MediaStreamTrack)

/**
 * A room's media by libmediasoupclient.
 *
 * It calls back while it is called, and waits for the answer: all calls are made on one thread of their own, where a
 * callback may block until the room has answered on another. `onStopped` is called where a moderator has turned something
 * off: the app turns its device off, too, such as by [LocalDevices.cameraOff].
 */
class MediasoupMedia(
    private val factory: PeerConnectionFactory,
    private val onStopped: (Source) -> Unit = {},
) : Media {
    private val thread = Executors.newSingleThreadExecutor().asCoroutineDispatcher()
    private val received = MutableStateFlow<Map<String, RemoteTrack>>(emptyMap())
    private val consumers = mutableMapOf<String, Consumer>()
    private val sending = mutableMapOf<Source, MediaStreamTrack>()
    private val producers = mutableMapOf<Source, Producer>()
    private var device: MediasoupDevice? = null
    private var connection: Connection? = null
    private var send: SendTransport? = null
    private var receive: RecvTransport? = null
    // Thrown where the library calls back, it would end the process.
    @Volatile private var failure: ParticipantException? = null

    /** What others send, by the id of its consumer. */
    val tracks: StateFlow<Map<String, RemoteTrack>> get() = received

    override suspend fun load(router: RtpCapabilities): RtpCapabilities = withContext(thread) {
        device?.dispose()
        val fresh = MediasoupDevice(factory)
        device = fresh
        orFailed { fresh.load(router.toString()) }
        wireJson.parseToJsonElement(fresh.rtpCapabilities).jsonObject
    }

    override suspend fun enter(joined: Joined, iceServers: List<IceServer>, connection: Connection) {
        withContext(thread) {
            forget()
            this@MediasoupMedia.connection = connection
            val device = checkNotNull(device) { "A device is loaded before a room is entered." }
            val configuration = PeerConnection.RTCConfiguration(iceServers.map(::native))
            orFailed {
                send = joined.sendTransport.let {
                    device.createSendTransport(
                        Sending(), it.id, it.iceParameters.toString(), JsonArray(it.iceCandidates).toString(),
                        it.dtlsParameters.toString(), it.sctpParameters?.toString(), configuration,
                    )
                }
                receive = joined.recvTransport.let {
                    device.createRecvTransport(
                        Receiving(), it.id, it.iceParameters.toString(), JsonArray(it.iceCandidates).toString(),
                        it.dtlsParameters.toString(), it.sctpParameters?.toString(), configuration,
                    )
                }
            }
        }
        joined.consumers.forEach { add(it) }
        val before = sending.toMap()
        for ((source, track) in before) {
            try {
                produce(source, track)
            } catch (_: Refused) {
                onStopped(source) // in without it
            } catch (_: MediaFailed) {
                onStopped(source)
            } catch (error: ConnectionLost) {
                sending += before
                throw error
            }
        }
    }

    /**
     * Sends a track as this source, or again after [pause]. Throws what the room answers, or [MediaFailed]; it is not
     * sent then.
     */
    suspend fun produce(source: Source, track: MediaStreamTrack) = withContext(thread) {
        sending[source] = track
        try {
            val known = producers[source]
            if (known == null) begin(source, track) else resume(known, track)
        } catch (error: ParticipantException) {
            sending.remove(source)
            throw error
        }
    }

    private fun begin(source: Source, track: MediaStreamTrack) {
        val transport = send ?: return
        failure = null
        track.setEnabled(true)
        val fresh = orFailed { transport.produce(Unheard, track, appData = sourceData(source)) }
        failure?.let {
            fresh.pause()
            throw it
        }
        producers[source] = fresh
    }

    private suspend fun resume(known: Producer, track: MediaStreamTrack) {
        orFailed { known.track = track } // the one before may be of a camera that was turned off
        known.resume()
        try {
            connection?.request(ResumeProducer(known.id))
        } catch (error: ParticipantException) {
            known.pause()
            throw error
        }
    }

    /** Sends this no longer, for a while. */
    suspend fun pause(source: Source) = withContext(thread) {
        sending.remove(source)
        val known = producers[source] ?: return@withContext
        known.pause()
        connection?.request(PauseProducer(known.id))
    }

    override suspend fun add(created: ConsumerCreated) = withContext(thread) {
        val transport = receive ?: return@withContext
        val consumer = try {
            transport.consume(
                Unheard, created.consumerId, created.producerId, created.kind.value, created.rtpParameters.toString(),
            )
        } catch (_: MediasoupException) {
            return@withContext // a track that this device cannot receive is no reason to be without all others
        }
        consumers[created.consumerId] = consumer
        received.value += created.consumerId to RemoteTrack(created.peerId, created.source, consumer.track)
        // Sound is wanted always; a picture as soon as a view shows it.
        if (created.kind == MediaKind.AUDIO) unlessOver { connection?.request(ResumeConsumer(created.consumerId)) }
    }

    override suspend fun remove(consumerId: String) = withContext(thread) {
        received.value -= consumerId
        consumers.remove(consumerId)?.run {
            close()
            dispose()
        }
        Unit
    }

    /** A view shows this picture in so many pixels, or (null) no longer. */
    suspend fun show(consumerId: String, heightPx: Int?) {
        val here = connection ?: return
        unlessOver {
            if (heightPx == null) {
                here.request(PauseConsumer(consumerId))
            } else {
                val layer = if (heightPx <= 180) 0L else if (heightPx <= 360) 1L else 2L
                here.request(SetPreferredLayers(consumerId, ConsumerLayers(layer)))
                here.request(ResumeConsumer(consumerId))
            }
        }
    }

    override suspend fun stop(device: Device) {
        val source = Source(device.value)
        unlessOver { pause(source) }
        onStopped(source)
    }

    override fun close() {
        runBlocking(thread) {
            forget()
            device?.dispose()
            device = null
        }
        thread.close()
    }

    private fun forget() {
        received.value = emptyMap()
        consumers.values.forEach(Consumer::dispose)
        consumers.clear()
        producers.clear() // they end with their transport; to dispose of them would dispose of tracks that are sent again
        for (transport in listOfNotNull(send, receive)) {
            transport.close()
            transport.dispose()
        }
        send = null
        receive = null
    }

    private open inner class Connecting : Transport.Listener {
        override fun onConnect(transport: Transport, dtlsParameters: String) {
            val parameters = wireJson.parseToJsonElement(dtlsParameters).jsonObject
            // What is not connected is told by the server, too.
            unlessOver { runBlocking { connection?.request(ConnectTransport(transport.id, parameters)) } }
        }

        // A transport that failed is told by the server, too, which sees more: `transportFailed`.
        override fun onConnectionStateChange(transport: Transport, newState: String) = Unit
    }

    private inner class Receiving : Connecting(), RecvTransport.Listener

    private inner class Sending : Connecting(), SendTransport.Listener {
        override fun onProduce(transport: Transport, kind: String, rtpParameters: String, appData: String?): String {
            val parameters = wireJson.parseToJsonElement(rtpParameters).jsonObject
            val request = Produce(MediaKind(kind), sourceOf(appData), parameters)
            return try {
                runBlocking { connection?.request(request)?.producerId.orEmpty() }
            } catch (error: ParticipantException) {
                failure = error
                ""
            }
        }

        override fun onProduceData(
            transport: Transport, sctpStreamParameters: String, label: String, protocol: String, appData: String?,
        ) = ""
    }
}

/** The library's own exceptions are unchecked: nobody would catch them, and they would end the app. */
private inline fun <Result> orFailed(action: () -> Result): Result =
    try {
        action()
    } catch (error: MediasoupException) {
        throw MediaFailed(error.message ?: "This device's media failed.", error)
    }

/** What fails is gone by now, or all will be anew. */
private inline fun unlessOver(action: () -> Unit) {
    try {
        action()
    } catch (_: ParticipantException) {
    }
}

/** Their transport's end is told by the room. */
private object Unheard : Producer.Listener, Consumer.Listener {
    override fun onTransportClose(producer: Producer) = Unit

    override fun onTransportClose(consumer: Consumer) = Unit
}

private fun sourceData(source: Source): String = buildJsonObject { put("source", source.value) }.toString()

private fun sourceOf(appData: String?): Source =
    Source(wireJson.parseToJsonElement(appData ?: "{}").jsonObject["source"]?.jsonPrimitive?.content.orEmpty())

private fun native(server: IceServer): PeerConnection.IceServer =
    PeerConnection.IceServer.builder(server.urls)
        .setUsername(server.username)
        .setPassword(server.credential)
        .createIceServer()
