package meet.participant.media

import android.content.Context
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.launch
import org.webrtc.EglBase
import org.webrtc.SurfaceViewRenderer
import org.webrtc.VideoTrack

/** Somebody's picture. Its height decides which layer is received, and that nothing is once it shows nobody. */
class VideoView(context: Context, egl: EglBase) : SurfaceViewRenderer(context) {
    private var track: VideoTrack? = null
    private var tell: (Int?) -> Unit = {}

    init {
        init(egl.eglBaseContext, null)
        setEnableHardwareScaler(true)
    }

    /** Shows my own camera, as in a mirror. */
    fun showOwn(own: VideoTrack) {
        show(own) {}
        setMirror(true)
    }

    /** Shows what somebody sends, by the id of its consumer. */
    fun showRemote(media: MediasoupMedia, scope: CoroutineScope, consumerId: String, remote: VideoTrack) {
        show(remote) { height -> scope.launch { media.show(consumerId, height) } }
        setMirror(false)
        if (height > 0) tell(height)
    }

    /** Shows nobody. */
    fun showNobody() {
        track?.removeSink(this)
        track = null
        tell(null)
        tell = {}
        clearImage()
    }

    override fun onSizeChanged(width: Int, height: Int, oldWidth: Int, oldHeight: Int) {
        super.onSizeChanged(width, height, oldWidth, oldHeight)
        if (track != null && height != oldHeight) tell(height)
    }

    override fun onDetachedFromWindow() {
        showNobody()
        release()
        super.onDetachedFromWindow()
    }

    private fun show(next: VideoTrack, teller: (Int?) -> Unit) {
        showNobody()
        track = next
        tell = teller
        next.addSink(this)
    }
}
