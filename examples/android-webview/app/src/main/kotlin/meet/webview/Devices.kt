package meet.webview

import android.Manifest
import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.Intent
import android.content.pm.PackageManager
import android.net.Uri
import android.webkit.PermissionRequest
import android.webkit.ValueCallback
import android.webkit.WebChromeClient
import android.webkit.WebView

private const val ASK_FOR_DEVICES = 1
private const val CHOOSE_FILES = 2

/**
 * Camera, microphone and files for the room in a web view.
 *
 * A page's request is answered in two steps: first the person is asked for what the app itself may not do yet, then the
 * page gets what the person has allowed. Only the room's own origin gets anything: a room may show a page of others.
 */
class Devices(private val activity: Activity, private val room: Uri) : WebChromeClient() {
    private val waiting = mutableListOf<PermissionRequest>()
    private var files: ValueCallback<Array<Uri>>? = null

    override fun onPermissionRequest(request: PermissionRequest) {
        val missing = request.resources.mapNotNull(NEEDED::get).filterNot(::isGranted)
        when {
            originOf(request.origin) != originOf(room) -> request.deny()
            missing.isEmpty() -> answer(request)
            else -> {
                waiting += request
                activity.requestPermissions(missing.toTypedArray(), ASK_FOR_DEVICES)
            }
        }
    }

    override fun onPermissionRequestCanceled(request: PermissionRequest) {
        waiting -= request
    }

    /** For `Activity.onRequestPermissionsResult`. */
    fun onAnswered(code: Int, results: IntArray) {
        // Empty: it was asked again before there was an answer, which is still to come.
        if (code != ASK_FOR_DEVICES || results.isEmpty()) return
        waiting.forEach(::answer)
        waiting.clear()
    }

    override fun onShowFileChooser(
        webView: WebView,
        filePathCallback: ValueCallback<Array<Uri>>,
        fileChooserParams: FileChooserParams,
    ): Boolean {
        files?.onReceiveValue(null)
        files = filePathCallback
        try {
            activity.startActivityForResult(fileChooserParams.createIntent(), CHOOSE_FILES)
        } catch (_: ActivityNotFoundException) {
            files = null
            return false
        }
        return true
    }

    /** For `Activity.onActivityResult`. */
    fun onChosen(code: Int, result: Int, data: Intent?) {
        if (code != CHOOSE_FILES) return
        files?.onReceiveValue(FileChooserParams.parseResult(result, data))
        files = null
    }

    private fun answer(request: PermissionRequest) {
        val allowed = request.resources.filter { resource -> NEEDED[resource]?.let(::isGranted) ?: false }
        if (allowed.isEmpty()) request.deny() else request.grant(allowed.toTypedArray())
    }

    private fun isGranted(permission: String) =
        activity.checkSelfPermission(permission) == PackageManager.PERMISSION_GRANTED

    private companion object {
        val NEEDED = mapOf(
            PermissionRequest.RESOURCE_VIDEO_CAPTURE to Manifest.permission.CAMERA,
            PermissionRequest.RESOURCE_AUDIO_CAPTURE to Manifest.permission.RECORD_AUDIO,
        )
    }
}
