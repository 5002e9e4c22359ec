package meet.participant

import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.Response
import okhttp3.WebSocket
import okhttp3.WebSocketListener

private const val GOING = 1000
private const val ABNORMAL = 1006

/** WebSockets of OkHttp. */
class OkHttpSockets(private val client: OkHttpClient = OkHttpClient()) : SocketFactory {
    override fun open(url: String, subprotocol: String, listener: SocketListener): Socket {
        val request = Request.Builder().url(url).header("Sec-WebSocket-Protocol", subprotocol).build()
        val socket = client.newWebSocket(request, object : WebSocketListener() {
            override fun onMessage(webSocket: WebSocket, text: String) = listener.onText(text)

            override fun onClosing(webSocket: WebSocket, code: Int, reason: String) {
                webSocket.close(GOING, null)
                listener.onClosed(code)
            }

            override fun onFailure(webSocket: WebSocket, t: Throwable, response: Response?) = listener.onClosed(ABNORMAL)
        })
        return object : Socket {
            override fun send(text: String) = socket.send(text)

            override fun close() {
                socket.close(GOING, null)
            }
        }
    }
}
