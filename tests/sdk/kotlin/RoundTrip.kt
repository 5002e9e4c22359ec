import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.serializer
import meet.participant.wire.Told
import meet.participant.wire.frameOf
import meet.participant.wire.wireJson

/** Reads `{"type": …, "data": …}` or a frame, one a line; writes the data read and written again, or what the frame was. */
fun main() {
    for (line in generateSequence(::readLine)) {
        val message = wireJson.parseToJsonElement(line).jsonObject
        val type = message["type"]
        if (type == null) {
            val frame = frameOf(line)
            println(if (frame is Told) "${frame.event?.javaClass?.simpleName}" else frame.javaClass.simpleName)
        } else {
            val serializer = serializer(Class.forName("meet.participant.wire.${type.jsonPrimitive.content}"))
            val read = wireJson.decodeFromJsonElement(serializer, message.getValue("data"))
            println(wireJson.encodeToString(serializer, read))
        }
    }
}
