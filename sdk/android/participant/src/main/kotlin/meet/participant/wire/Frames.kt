package meet.participant.wire

import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import kotlinx.serialization.json.longOrNull
import kotlinx.serialization.json.put

/** What a server sends: an answer, a refusal, or an event. */
sealed interface Frame

/** A successful answer; its request knows how `data` is read. */
data class Answered(val id: Long, val data: JsonElement) : Frame

/** A refused request; `id` is null where the server could not read the request's. */
data class Refusal(val id: Long?, val error: ErrorInfo) : Frame

/** An event; null where this version doesn't know it, which is no mistake: the server may be newer. */
data class Told(val event: Notification?) : Frame

/** The text of a request. */
fun requestFrame(id: Long, request: Request<*>): String = buildJsonObject {
    put("id", id)
    put("method", request.method)
    put("data", request.data)
}.toString()

/** A frame from its text. Throws `IllegalArgumentException` for what no server of ours sends. */
fun frameOf(text: String): Frame {
    val frame = wireJson.parseToJsonElement(text).jsonObject
    frame["event"]?.let { return Told(notificationOf(it.jsonPrimitive.content, frame.part("data"))) }
    if (frame.part("ok").jsonPrimitive.boolean) return Answered(frame.part("id").jsonPrimitive.long, frame.part("data"))
    val error = wireJson.decodeFromJsonElement(ErrorInfo.serializer(), frame.part("error"))
    return Refusal(frame.part("id").jsonPrimitive.longOrNull, error)
}

private fun JsonObject.part(name: String): JsonElement =
    get(name) ?: throw IllegalArgumentException("The frame has no `$name`.")
