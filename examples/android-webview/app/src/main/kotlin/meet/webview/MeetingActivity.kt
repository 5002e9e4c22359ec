package meet.webview

import android.app.Activity
import android.app.AlertDialog
import android.app.PictureInPictureParams
import android.content.Intent
import android.content.res.Configuration
import android.net.Uri
import android.os.Build
import android.os.Bundle
import android.util.Rational
import android.webkit.WebView
import android.window.OnBackInvokedDispatcher
import org.json.JSONObject

/**
 * One meeting; its link is the intent's data. Turning the phone doesn't make it anew (`configChanges` in the manifest),
 * leaving it for another app makes a small picture of it, and the meeting goes on.
 */
class MeetingActivity : Activity(), MeetingListener {
    private lateinit var page: MeetingPage
    private lateinit var devices: Devices
    private var inMeeting = false

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        val link = intent.data
        if (link == null || link.scheme != "https" || link.getQueryParameter("roomId") == null) {
            return finish()
        }
        val view = WebView(this)
        view.keepScreenOn = true
        setContentView(view)
        devices = Devices(this, link)
        view.webChromeClient = devices
        page = MeetingPage(view, link, this)
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU) {
            onBackInvokedDispatcher.registerOnBackInvokedCallback(OnBackInvokedDispatcher.PRIORITY_DEFAULT, ::goBack)
        }
    }

    override fun onDestroy() {
        if (::page.isInitialized) page.close()
        super.onDestroy()
    }

    override fun onEvent(name: String, data: JSONObject) {
        when (name) {
            // Permissions are asked for when the room wants its devices: what is denied, the room comes in without.
            "readyToJoin" -> page.call("join", mapOf("constraints" to mapOf("video" to true, "audio" to true)))
            "join" -> onInMeeting(true)
            "ended" -> {
                onInMeeting(false)
                if (data.getString("reason") == "left") finish() else say(data.getString("message"))
            }
        }
    }

    override fun onFailed(message: String) = say(message)

    // Leaving for another app makes the picture small; back asks, since it would end the meeting.

    override fun onUserLeaveHint() {
        super.onUserLeaveHint()
        if (inMeeting && Build.VERSION.SDK_INT < Build.VERSION_CODES.S) enterPictureInPictureMode(smallPicture())
    }

    override fun onPictureInPictureModeChanged(small: Boolean, newConfig: Configuration) {
        super.onPictureInPictureModeChanged(small, newConfig)
        page.call("setControlsVisible", !small)
    }

    private fun onInMeeting(isIn: Boolean) {
        inMeeting = isIn
        setPictureInPictureParams(smallPicture())
    }

    private fun smallPicture(): PictureInPictureParams {
        val params = PictureInPictureParams.Builder().setAspectRatio(Rational(9, 16))
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) params.setAutoEnterEnabled(inMeeting)
        return params.build()
    }

    @Deprecated("What Android 12 and older call")
    override fun onBackPressed() = goBack()

    private fun goBack() {
        if (!inMeeting) return finish()
        AlertDialog.Builder(this)
            .setMessage(R.string.leave_question)
            .setPositiveButton(R.string.leave) { _, _ -> finish() }
            .setNegativeButton(R.string.stay, null)
            .show()
    }

    private fun say(message: String) {
        if (isFinishing) return
        AlertDialog.Builder(this).setMessage(message).setOnDismissListener { finish() }.show()
    }

    override fun onRequestPermissionsResult(code: Int, permissions: Array<String>, results: IntArray) {
        super.onRequestPermissionsResult(code, permissions, results)
        devices.onAnswered(code, results)
    }

    @Deprecated("Without AndroidX there is no other way to hear what a person has chosen")
    override fun onActivityResult(code: Int, result: Int, data: Intent?) = devices.onChosen(code, result, data)

    companion object {
        /** The link of a room with a name in it. */
        fun linkFor(address: String, name: String): Uri {
            val link = Uri.parse(address.trim())
            if (name.isBlank() || link.isOpaque || link.getQueryParameter("displayName") != null) return link
            return link.buildUpon().appendQueryParameter("displayName", name.trim()).build()
        }
    }
}
