package meet.webview

import android.annotation.SuppressLint
import android.content.ActivityNotFoundException
import android.content.Intent
import android.net.Uri
import android.os.Handler
import android.os.Looper
import android.webkit.JavascriptInterface
import android.webkit.WebResourceRequest
import android.webkit.WebView
import android.webkit.WebViewClient
import org.json.JSONObject
import org.json.JSONTokener
import java.util.UUID

/** What is said by a room: its events, and that it can't be reached. */
interface MeetingListener {
    fun onEvent(name: String, data: JSONObject)

    fun onFailed(message: String)
}

/** Why a method of the bridge failed: `code` for programs, `message` for people. */
class BridgeException(val code: String, message: String) : Exception(message)

/**
 * The page `assets/meeting.html` in a web view: methods of the bridge in, its events out.
 *
 * Everything but [fromPage] runs on the main thread.
 */
@SuppressLint("SetJavaScriptEnabled")
class MeetingPage(private val view: WebView, private val link: Uri, private val listener: MeetingListener) {
    private val main = Handler(Looper.getMainLooper())
    private val secret = UUID.randomUUID().toString()
    private val calls = mutableMapOf<Int, (Result<Any?>) -> Unit>()
    private var lastId = 0

    init {
        view.settings.javaScriptEnabled = true
        view.settings.domStorageEnabled = true
        // The sound of others begins without a tap.
        view.settings.mediaPlaybackRequiresUserGesture = false
        view.addJavascriptInterface(FromPage(), "meetApp")
        view.webViewClient = Client()
        val page = view.context.assets.open("meeting.html").bufferedReader().use { it.readText() }
        view.loadDataWithBaseURL(originOf(link), page, "text/html", "utf-8", null)
    }

    /** Calls a method of the bridge, with data as JSON has it. `then` hears the result: a [BridgeException], or a value. */
    fun call(name: String, data: Any? = null, then: (Result<Any?>) -> Unit = {}) {
        lastId += 1
        calls[lastId] = then
        run("Meeting.call($lastId, ${JSONObject.quote(name)}, ${JSONObject.wrap(data)})")
    }

    /** Ends the meeting for this app. */
    fun close() {
        view.loadUrl("about:blank")
        view.destroy()
    }

    private fun run(script: String) = view.evaluateJavascript(script, null)

    private fun take(message: JSONObject) {
        when (message.getString("type")) {
            "event" -> listener.onEvent(message.getString("name"), message.optJSONObject("data") ?: JSONObject())
            "failed" -> listener.onFailed(message.getString("message"))
            "result" -> {
                val error = message.optJSONObject("error")
                val result = when (error) {
                    null -> Result.success(message.opt("result"))
                    else -> Result.failure(BridgeException(error.getString("code"), error.getString("message")))
                }
                calls.remove(message.getInt("id"))?.invoke(result)
            }
        }
    }

    /** What the page calls, on a thread of its own. Every frame sees it, also one that the room shows of another site. */
    private inner class FromPage {
        @JavascriptInterface
        fun post(secret: String, text: String) {
            if (secret != this@MeetingPage.secret) return
            val message = JSONTokener(text).nextValue() as? JSONObject ?: return
            main.post { take(message) }
        }
    }

    private inner class Client : WebViewClient() {
        /** A link of the room, such as one in its chat, is opened elsewhere: here it would take the meeting's place. */
        override fun shouldOverrideUrlLoading(view: WebView, request: WebResourceRequest): Boolean {
            if (!request.isForMainFrame) return false
            if (request.url.scheme in OPENED) {
                try {
                    view.context.startActivity(Intent(Intent.ACTION_VIEW, request.url))
                } catch (_: ActivityNotFoundException) {
                    // No app for it.
                }
            }
            return true
        }

        override fun onPageFinished(view: WebView, url: String) {
            if (originOf(Uri.parse(url)) == originOf(link)) {
                run("Meeting.open(${JSONObject.quote(link.toString())}, ${JSONObject.quote(secret)})")
            }
        }
    }
}

private val OPENED = setOf("http", "https", "mailto", "tel")

/** An address without its path: `https://host:port/`. */
fun originOf(address: Uri): String = "${address.scheme}://${address.encodedAuthority}/"
