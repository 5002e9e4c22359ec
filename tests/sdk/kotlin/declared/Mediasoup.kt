// What the SDK for Android uses of libmediasoup-android 0.21 and newer (Apache-2.0), as its sources declare it. The library
// itself is in Maven's registry only.

@file:Suppress("UNUSED_PARAMETER", "unused")

package io.github.crow_misia.mediasoup

import org.webrtc.MediaStreamTrack
import org.webrtc.PeerConnection
import org.webrtc.PeerConnectionFactory
import org.webrtc.RtpParameters

class Device(peerConnectionFactory: PeerConnectionFactory) {
    val rtpCapabilities: String get() = TODO()

    fun load(routerRtpCapabilities: String, rtcConfig: PeerConnection.RTCConfiguration? = null): Unit = TODO()

    fun createSendTransport(
        listener: SendTransport.Listener, id: String, iceParameters: String, iceCandidates: String,
        dtlsParameters: String, sctpParameters: String? = null, rtcConfig: PeerConnection.RTCConfiguration? = null,
        appData: String? = null,
    ): SendTransport = TODO()

    fun createRecvTransport(
        listener: RecvTransport.Listener, id: String, iceParameters: String, iceCandidates: String,
        dtlsParameters: String, sctpParameters: String? = null, rtcConfig: PeerConnection.RTCConfiguration? = null,
        appData: String? = null,
    ): RecvTransport = TODO()

    fun dispose(): Unit = TODO()
}

abstract class Transport {
    interface Listener {
        fun onConnect(transport: Transport, dtlsParameters: String)

        fun onConnectionStateChange(transport: Transport, newState: String)
    }

    val id: String get() = TODO()

    fun close(): Unit = TODO()

    fun dispose(): Unit = TODO()
}

class SendTransport private constructor() : Transport() {
    interface Listener : Transport.Listener {
        fun onProduce(transport: Transport, kind: String, rtpParameters: String, appData: String?): String

        fun onProduceData(
            transport: Transport, sctpStreamParameters: String, label: String, protocol: String, appData: String?,
        ): String
    }

    fun produce(
        listener: Producer.Listener, track: MediaStreamTrack, encodings: List<RtpParameters.Encoding> = emptyList(),
        codecOptions: String? = null, codec: String? = null, appData: String? = null,
    ): Producer = TODO()
}

class RecvTransport private constructor() : Transport() {
    interface Listener : Transport.Listener

    fun consume(
        listener: Consumer.Listener, id: String, producerId: String, kind: String, rtpParameters: String? = null,
        appData: String? = null,
    ): Consumer = TODO()
}

class Producer internal constructor() {
    interface Listener {
        fun onTransportClose(producer: Producer)
    }

    val id: String get() = TODO()

    /** Setting it replaces what is sent. */
    var track: MediaStreamTrack?
        get() = TODO()
        set(value) = TODO()

    fun resume(): Unit = TODO()

    fun pause(): Unit = TODO()
}

class Consumer private constructor() {
    interface Listener {
        fun onTransportClose(consumer: Consumer)
    }

    val track: MediaStreamTrack get() = TODO()

    fun close(): Unit = TODO()

    fun dispose(): Unit = TODO()
}
