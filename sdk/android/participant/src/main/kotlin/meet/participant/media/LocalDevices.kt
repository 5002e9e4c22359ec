package meet.participant.media

import android.content.Context
import org.webrtc.AudioTrack
import org.webrtc.Camera2Enumerator
import org.webrtc.CameraVideoCapturer
import org.webrtc.EglBase
import org.webrtc.MediaConstraints
import org.webrtc.PeerConnectionFactory
import org.webrtc.SurfaceTextureHelper
import org.webrtc.VideoSource
import org.webrtc.VideoTrack

private const val WIDTH_PX = 1280
private const val HEIGHT_PX = 720
private const val FRAME_RATE = 30

/** The microphone and the cameras of this phone; the app has the permissions. */
class LocalDevices(
    private val context: Context,
    private val factory: PeerConnectionFactory,
    private val egl: EglBase,
) {
    private var camera: Camera? = null

    fun microphone(): AudioTrack =
        factory.createAudioTrack("mic", factory.createAudioSource(MediaConstraints()))

    /** Turns the front camera on, or the first one there is; null without any. */
    fun camera(): VideoTrack? {
        camera?.let { return it.track }
        val enumerator = Camera2Enumerator(context)
        val names = enumerator.deviceNames
        val name = names.firstOrNull(enumerator::isFrontFacing) ?: names.firstOrNull() ?: return null
        val helper = SurfaceTextureHelper.create("camera", egl.eglBaseContext)
        val source = factory.createVideoSource(false)
        val capturer = enumerator.createCapturer(name, null)
        capturer.initialize(helper, context, source.capturerObserver)
        capturer.startCapture(WIDTH_PX, HEIGHT_PX, FRAME_RATE)
        return Camera(capturer, helper, source, factory.createVideoTrack("camera", source)).also { camera = it }.track
    }

    /** The camera that looks the other way. */
    fun otherCamera() {
        camera?.capturer?.switchCamera(null)
    }

    /** Turns the camera off: its light goes out. The track is sent no longer by then. */
    fun cameraOff() {
        val last = camera ?: return
        camera = null
        last.capturer.stopCapture()
        last.capturer.dispose()
        last.source.dispose()
        last.helper.dispose()
    }

    private class Camera(
        val capturer: CameraVideoCapturer,
        val helper: SurfaceTextureHelper,
        val source: VideoSource,
        val track: VideoTrack,
    )
}
