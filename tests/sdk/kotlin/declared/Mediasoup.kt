// What the SDK for Android uses of libmediasoup-android 0.21 and newer (Apache-2.0), as its sources declare it. The library
// itself is in Maven's registry only. Here it can do nothing, and says so where `failsAt` tells.

@file:Suppress("UNUSED_PARAMETER", "unused")

package io.github.crow_misia.mediasoup

import org.webrtc.MediaStreamTrack
import org.webrtc.PeerConnection
import org.webrtc.PeerConnectionFactory
import org.webrtc.RtpParameters

class MediasoupException(message: String) : RuntimeException(message)

/** What throws, such as `consume`. */
var failsAt = ""

private fun <Result> unless(what: String, result: Result): Result =
    if (what == failsAt) throw MediasoupException("$what failed") else result

class Device(peerConnectionFactory: PeerConnectionFactory) {
    val rtpCapabilities: String get() = "{}"

    fun load(routerRtpCapabilities: String, rtcConfig: PeerConnection.RTCConfiguration? = null): Unit =
        unless("load", Unit)

    fun createSendTransport(
        listener: SendTransport.Listener, id: String, iceParameters: String, iceCandidates: String,
        dtlsParameters: String, sctpParameters: String? = null, rtcConfig: PeerConnection.RTCConfiguration? = null,
        appData: String? = null,
    ): SendTransport = unless("createSendTransport", SendTransport())

    fun createRecvTransport(
        listener: RecvTransport.Listener, id: String, iceParameters: String, iceCandidates: String,
        dtlsParameters: String, sctpParameters: String? = null, rtcConfig: PeerConnection.RTCConfiguration? = null,
        appData: String? = null,
    ): RecvTransport = unless("createRecvTransport", RecvTransport())

    fun dispose() = Unit
}

abstract class Transport {
    interface Listener {
        fun onConnect(transport: Transport, dtlsParameters: String)

        fun onConnectionStateChange(transport: Transport, newState: String)
    }

    val id: String get() = TODO()

    fun close() = Unit

    fun dispose() = Unit
}

class SendTransport internal constructor() : Transport() {
    interface Listener : Transport.Listener {
        fun onProduce(transport: Transport, kind: String, rtpParameters: String, appData: String?): String

        fun onProduceData(
            transport: Transport, sctpStreamParameters: String, label: String, protocol: String, appData: String?,
        ): String
    }

    fun produce(
        listener: Producer.Listener, track: MediaStreamTrack, encodings: List<RtpParameters.Encoding> = emptyList(),
        codecOptions: String? = null, codec: String? = null, appData: String? = null,
    ): Producer = unless("produce", Producer())
}

class RecvTransport internal constructor() : Transport() {
    interface Listener : Transport.Listener

    fun consume(
        listener: Consumer.Listener, id: String, producerId: String, kind: String, rtpParameters: String? = null,
        appData: String? = null,
    ): Consumer = unless("consume", Consumer())
}

class Producer internal constructor() {
    interface Listener {
        fun onTransportClose(producer: Producer)
    }

    val id: String get() = ""

    /** Setting it replaces what is sent. */
    var track: MediaStreamTrack?
        get() = TODO()
        set(value) = unless("setTrack", Unit)

    fun resume() = Unit

    fun pause() = Unit
}

class Consumer internal constructor() {
    interface Listener {
        fun onTransportClose(consumer: Consumer)
    }

    val track: MediaStreamTrack get() = MediaStreamTrack(1)

    fun close() = Unit

    fun dispose() = Unit
}
