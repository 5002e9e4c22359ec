package meet.participant.media

import android.content.Context
import org.webrtc.DefaultVideoDecoderFactory
import org.webrtc.DefaultVideoEncoderFactory
import org.webrtc.EglBase
import org.webrtc.PeerConnectionFactory

/** WebRTC of this process, with what pictures are drawn with; one for each meeting, or one for all. */
class Engine(context: Context) {
    val egl: EglBase = EglBase.create()
    val factory: PeerConnectionFactory

    init {
        // The library has WebRTC in a native library of its own name.
        val options = PeerConnectionFactory.InitializationOptions.builder(context.applicationContext)
            .setNativeLibraryName("mediasoupclient_so")
            .createInitializationOptions()
        PeerConnectionFactory.initialize(options)
        factory = PeerConnectionFactory.builder()
            .setVideoEncoderFactory(DefaultVideoEncoderFactory(egl.eglBaseContext, true, false))
            .setVideoDecoderFactory(DefaultVideoDecoderFactory(egl.eglBaseContext))
            .createPeerConnectionFactory()
    }

    fun close() {
        factory.dispose()
        egl.release()
    }
}
