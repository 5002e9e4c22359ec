package meet.participant

import java.io.IOException
import java.net.HttpURLConnection
import java.net.URI
import java.net.URL
import java.net.URLEncoder
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import kotlinx.serialization.SerializationException
import kotlinx.serialization.json.jsonObject
import meet.participant.wire.Admission
import meet.participant.wire.ErrorInfo
import meet.participant.wire.TicketRequest
import meet.participant.wire.wireJson

private const val TIMEOUT_MS = 8_000

/** Where tickets are given, and what the page of this link would send there. */
class RoomLink private constructor(private val tickets: URL, private val kind: String, private val query: String) {
    /** A ticket; `identity` of an earlier one for the same participant. Throws [Refused] or [ConnectionLost]. */
    suspend fun ticket(identity: String): Admission = withContext(Dispatchers.IO) {
        val body = TicketRequest(`interface` = kind, query = query, identity = identity)
        try {
            post(wireJson.encodeToString(TicketRequest.serializer(), body))
        } catch (error: IOException) {
            throw ConnectionLost("The server cannot be reached.", error)
        } catch (error: SerializationException) {
            throw ConnectionLost("The server answered with something else than a ticket.", error)
        }
    }

    private fun post(body: String): Admission {
        val connection = tickets.openConnection() as HttpURLConnection
        try {
            connection.connectTimeout = TIMEOUT_MS
            connection.readTimeout = TIMEOUT_MS
            connection.doOutput = true
            connection.setRequestProperty("Content-Type", "application/json")
            connection.outputStream.use { it.write(body.toByteArray()) }
            val status = connection.responseCode
            if (status >= 500) throw ConnectionLost("The server answered with $status.")
            val stream = if (status < 400) connection.inputStream else connection.errorStream
            val text = stream?.bufferedReader()?.use { it.readText() } ?: ""
            if (status < 400) return wireJson.decodeFromString(Admission.serializer(), text)
            val told = wireJson.parseToJsonElement(text).jsonObject["error"]
                ?: throw ConnectionLost("The server answered with $status.")
            throw Refused(wireJson.decodeFromJsonElement(ErrorInfo.serializer(), told))
        } finally {
            connection.disconnect()
        }
    }

    companion object {
        /** Reads `https://HOST/call/?roomId=…`; a name that is given counts more than the link's. */
        fun read(link: String, displayName: String? = null): RoomLink {
            val address = runCatching { URI(link.trim()) }.getOrNull()
            val parts = address?.path.orEmpty().trimEnd('/').split('/')
            val kind = parts.last()
            require(address != null && address.scheme in setOf("http", "https") && kind in setOf("call", "webinar")) {
                "A room's link begins with https:// and has the path /call/ or /webinar/."
            }
            val pairs = address.rawQuery.orEmpty().split('&').filter { it.isNotEmpty() }
            require(pairs.any { it.substringBefore('=') in setOf("roomId", "token") }) {
                "A room's link has a roomId, or a token with one."
            }
            val others = pairs.filter { displayName == null || it.substringBefore('=') != "displayName" }
            val named = if (displayName == null) others else others + "displayName=${encoded(displayName)}"
            val before = parts.dropLast(1).joinToString("/")
            val tickets = URI(address.scheme, address.rawAuthority, "$before/tickets/", null, null).toURL()
            return RoomLink(tickets, kind, named.joinToString("&"))
        }

        private fun encoded(text: String) = URLEncoder.encode(text, "UTF-8")
    }
}
