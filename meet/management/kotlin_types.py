"""The Android SDK's side of what goes over the wire. `manage.py generate` writes it; a test fails if forgotten.

Classes are for kotlinx.serialization. A request knows its method and how its answer is read; all events are one sealed
interface, so that `when` knows whether it has them all.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from meet.config import PROJECT
from meet.management.notation import ANSWERS, METHODS, Notation
from meet.management.schema import OPAQUE, Schema, identifier
from rooms import protocol

if TYPE_CHECKING:
    from meet.management.schema import Member, Shape

TARGET: Final = PROJECT.joinpath(
    "sdk", "android", "participant", "src", "main", "kotlin", "meet", "participant", "wire", "Protocol.kt"
)
HEAD: Final = """// Generated from rooms/protocol/ by `make generate`. Do not edit.

package meet.participant.wire

import kotlinx.serialization.Serializable
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject

const val VERSION = {version}
const val SUBPROTOCOL = "{subprotocol}"

/** How messages are written and read: a newer server's fields are passed over, and defaults are said. */
val wireJson = Json {{
    ignoreUnknownKeys = true
    encodeDefaults = true
}}

/** What a client asks for: the name of its method, its data in JSON, and its answer from JSON. */
sealed interface Request<Answer> {{
    val method: String
    val data: JsonElement
    fun answer(data: JsonElement): Answer
}}

/** What a server tells without being asked. */
sealed interface Notification
"""
_NOTIFICATION_OF: Final = """/** An event by its name, or null where this version doesn't know it. */
fun notificationOf(event: String, data: JsonElement): Notification? = when (event) {{
{events}
    else -> null
}}
"""
# Words of the language that are names of fields.
_RESERVED: Final = {"interface"}


def generate() -> str:
    """`Protocol.kt`: what a participant says to the server, and hears of it."""
    schema = Schema.read()
    opaque = "\n".join(
        f"/** What the library for media makes and takes, as it is. */\ntypealias {name} = JsonObject\n"
        for name in OPAQUE
    )
    events = "\n".join(
        f'    "{protocol.wire_name(event)}" -> wireJson.decodeFromJsonElement({event.__name__}.serializer(), data)'
        for event in protocol.NOTIFICATIONS
    )
    parts = (
        HEAD.format(version=protocol.VERSION, subprotocol=protocol.SUBPROTOCOL),
        opaque,
        *(_words(name, values) for name, values in sorted(schema.words.items())),
        *(_Writer(schema).shape(one) for one in schema.shapes.values()),
        _NOTIFICATION_OF.format(events=events),
    )
    return "\n".join(parts)


def _words(name: str, values: tuple[str, ...]) -> str:
    lines = "\n".join(f"        val {_constant(value)} = {name}({json.dumps(value)})" for value in values)
    return (
        f"/** One of the words below, or one of a newer server. */\n@Serializable\n@JvmInline\n"
        f"value class {name}(val value: String) {{\n    companion object {{\n{lines}\n    }}\n\n"
        "    override fun toString() = value\n}\n"
    )


def _constant(word: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", identifier(word)).upper()


_NOTATION: Final = Notation(
    integer="Long",
    number="Double",
    truth="Boolean",
    anything="JsonElement",
    many="List<{}>",
    by_name="Map<String, {}>",
    nothing="null",
    none_of_many="emptyList()",
    none_by_name="emptyMap()",
    word=lambda name, word: f"{name}.{_constant(word)}",
)
_EVENTS: Final = {event.__name__ for event in protocol.NOTIFICATIONS}


class _Writer:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def shape(self, shape: Shape) -> str:
        head = f"/** {shape.doc} */\n@Serializable\n"
        supers = ([f"Request<{ANSWERS[shape.name]}>"] if shape.name in ANSWERS else []) + (
            ["Notification"] if shape.name in _EVENTS else []
        )
        after = f" : {', '.join(supers)}" if supers else ""
        body = self._request(shape) if shape.name in ANSWERS else ""
        if not shape.members:
            return f"{head}data object {shape.name}{after}{body}\n"
        lines = "\n".join(self._member(shape, one) for one in shape.members)
        return f"{head}data class {shape.name}(\n{lines}\n){after}{body}\n"

    def _request(self, shape: Shape) -> str:
        answer = ANSWERS[shape.name]
        return (
            " {\n"
            f'    override val method get() = "{METHODS[shape.name]}"\n'
            "    override val data get() = wireJson.encodeToJsonElement(serializer(), this)\n"
            "    override fun answer(data: JsonElement) = "
            f"wireJson.decodeFromJsonElement({answer}.serializer(), data)\n"
            "}"
        )

    def _member(self, shape: Shape, one: Member) -> str:
        at = self._schema, shape.name, one.name, one.type
        default = "" if one.default is ... else f" = {_NOTATION.value(*at, one.default)}"
        name = f"`{one.name}`" if one.name in _RESERVED else one.name
        return f"    val {name}: {_NOTATION.type(*at)}{default},"
