package meet.demo

import android.Manifest
import android.app.Activity
import android.app.AlertDialog
import android.content.pm.PackageManager
import android.content.res.Resources
import android.media.AudioManager
import android.os.Bundle
import android.view.View
import android.view.ViewGroup
import android.widget.Button
import android.widget.EditText
import android.widget.GridLayout
import android.widget.LinearLayout
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.filterNotNull
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import meet.participant.OkHttpSockets
import meet.participant.ParticipantException
import meet.participant.Room
import meet.participant.RoomLink
import meet.participant.media.Engine
import meet.participant.media.LocalDevices
import meet.participant.media.MediasoupMedia
import meet.participant.media.RemoteTrack
import meet.participant.media.VideoView
import meet.participant.wire.Source
import org.webrtc.VideoTrack

/** Join by a link, see everybody, mute, turn the camera off and around, leave. */
class DemoActivity : Activity() {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Main)
    private val shown = mutableMapOf<String, VideoView>()
    private lateinit var engine: Engine
    private lateinit var devices: LocalDevices
    private lateinit var grid: GridLayout
    private var media: MediasoupMedia? = null
    private var room: Room? = null
    private var own: VideoView? = null

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        engine = Engine(this)
        devices = LocalDevices(applicationContext, engine.factory, engine.egl)
        askForLink()
    }

    override fun onDestroy() {
        scope.launch { room?.leave() }.invokeOnCompletion {
            scope.cancel()
            devices.cameraOff()
            engine.close()
        }
        super.onDestroy()
    }

    private fun askForLink() {
        val link = EditText(this).apply { hint = getString(R.string.link) }
        val name = EditText(this).apply { hint = getString(R.string.name) }
        setContentView(column(link, name, button(R.string.join) { join("${link.text}", "${name.text}") }))
        val missing = arrayOf(Manifest.permission.CAMERA, Manifest.permission.RECORD_AUDIO).filterNot(::isAllowed)
        if (missing.isNotEmpty()) requestPermissions(missing.toTypedArray(), 0)
    }

    private fun join(link: String, name: String) {
        val media = MediasoupMedia(engine.factory, ::turnedOff).also { media = it }
        scope.launch {
            try {
                val room = Room(RoomLink.read(link, name.ifBlank { null }), media, OkHttpSockets(), scope)
                this@DemoActivity.room = room
                room.join()
                enter(room, media)
            } catch (error: ParticipantException) {
                say(error.message.orEmpty())
            } catch (error: IllegalArgumentException) {
                say(error.message.orEmpty())
            }
        }
    }

    private suspend fun enter(room: Room, media: MediasoupMedia) {
        (getSystemService(AUDIO_SERVICE) as AudioManager).mode = AudioManager.MODE_IN_COMMUNICATION
        grid = GridLayout(this).apply { columnCount = 2 }
        val bar = LinearLayout(this).apply {
            addView(button(R.string.mic) { toggle(Source.MIC) })
            addView(button(R.string.camera) { toggle(Source.CAMERA) })
            addView(button(R.string.flip) { devices.otherCamera() })
            addView(button(R.string.leave) { scope.launch { room.leave() } })
        }
        setContentView(column(grid, bar))
        scope.launch { media.tracks.collect(::draw) }
        scope.launch { say(room.over.filterNotNull().first().message.orEmpty()) }
        toggle(Source.MIC)
        toggle(Source.CAMERA)
    }

    private val on = mutableSetOf<Source>()

    private fun toggle(source: Source) {
        val media = media ?: return
        scope.launch {
            try {
                if (on.remove(source)) {
                    media.pause(source)
                    if (source == Source.CAMERA) cameraOff()
                    return@launch
                }
                val track = when {
                    source == Source.CAMERA && isAllowed(Manifest.permission.CAMERA) -> devices.camera()
                    source == Source.MIC && isAllowed(Manifest.permission.RECORD_AUDIO) -> devices.microphone()
                    else -> null
                } ?: return@launch
                media.produce(source, track)
                on += source
                if (track is VideoTrack) own = view().apply { showOwn(track) }
            } catch (error: ParticipantException) {
                say(error.message.orEmpty())
            }
        }
    }

    /** A moderator has turned this off. */
    private fun turnedOff(source: Source) {
        on -= source
        if (source == Source.CAMERA) cameraOff()
    }

    private fun cameraOff() {
        own?.let(grid::removeView)
        own = null
        devices.cameraOff()
    }

    private fun draw(tracks: Map<String, RemoteTrack>) {
        val media = media ?: return
        for (gone in shown.keys - tracks.keys) grid.removeView(shown.remove(gone))
        for ((id, remote) in tracks) {
            val track = remote.track as? VideoTrack ?: continue
            if (id !in shown) shown[id] = view().apply { showRemote(media, scope, id, track) }
        }
    }

    private fun view(): VideoView = VideoView(this, engine.egl).also { view ->
        val side = Resources.getSystem().displayMetrics.widthPixels / 2
        grid.addView(view, GridLayout.LayoutParams(ViewGroup.LayoutParams(side, side * 9 / 16)))
    }

    private fun button(text: Int, action: () -> Unit) = Button(this).apply {
        setText(text)
        setOnClickListener { action() }
    }

    private fun column(vararg views: View) = LinearLayout(this).apply {
        orientation = LinearLayout.VERTICAL
        fitsSystemWindows = true
        views.forEach(::addView)
    }

    private fun isAllowed(permission: String) = checkSelfPermission(permission) == PackageManager.PERMISSION_GRANTED

    private fun say(message: String) {
        if (!isFinishing) AlertDialog.Builder(this).setMessage(message).show()
    }
}
