"""The Android SDK's side of what goes over the wire. `manage.py generate` writes it; a test fails if forgotten.

Classes are for kotlinx.serialization. A request knows its method and how its answer is read; all events are one sealed
interface, so that `when` knows whether it has them all.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import inspect

from meet.config import PROJECT
from meet.management.schema import OPAQUE, Schema, identifier, without_null
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


_ANSWERS: Final = {request.__name__: answer.__name__ for request, answer in protocol.RESPONSES.items()}
_EVENTS: Final = {event.__name__ for event in protocol.NOTIFICATIONS}


class _Writer:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def shape(self, shape: Shape) -> str:
        head = f"/** {shape.doc} */\n@Serializable\n"
        supers = ([f"Request<{_ANSWERS[shape.name]}>"] if shape.name in _ANSWERS else []) + (
            ["Notification"] if shape.name in _EVENTS else []
        )
        after = f" : {', '.join(supers)}" if supers else ""
        body = self._request(shape) if shape.name in _ANSWERS else ""
        if not shape.members:
            return f"{head}data object {shape.name}{after}{body}\n"
        lines = "\n".join(self._member(shape, one) for one in shape.members)
        return f"{head}data class {shape.name}(\n{lines}\n){after}{body}\n"

    def _request(self, shape: Shape) -> str:
        answer = _ANSWERS[shape.name]
        method = shape.name[0].lower() + shape.name[1:]
        return (
            " {\n"
            f'    override val method get() = "{method}"\n'
            "    override val data get() = wireJson.encodeToJsonElement(serializer(), this)\n"
            "    override fun answer(data: JsonElement) = "
            f"wireJson.decodeFromJsonElement({answer}.serializer(), data)\n"
            "}"
        )

    def _member(self, shape: Shape, one: Member) -> str:
        default = "" if one.default is ... else f" = {self._value(shape, one, one.default)}"
        name = f"`{one.name}`" if one.name in _RESERVED else one.name
        return f"    val {name}: {self._type(shape, one.name, one.type)}{default},"

    def _type(self, shape: Shape, member: str, info: inspect.Type) -> str:
        info, nullable = without_null(info)
        return self._plain(shape, member, info) + ("?" if nullable else "")

    def _plain(self, shape: Shape, member: str, info: inspect.Type) -> str:  # noqa: PLR0911 - one line a type
        match info:
            case inspect.StrType():
                return "String"
            case inspect.IntType():
                return "Long"
            case inspect.FloatType():
                return "Double"
            case inspect.BoolType():
                return "Boolean"
            case inspect.AnyType():
                return "JsonElement"
            case inspect.LiteralType():
                return self._schema.words_name(shape.name, member, info)
            case inspect.ListType():
                return f"List<{self._type(shape, member, info.item_type)}>"
            case inspect.DictType():
                return f"Map<String, {self._type(shape, member, info.value_type)}>"
            case inspect.StructType():
                return info.cls.__name__
        raise TypeError(repr(info))

    def _value(self, shape: Shape, one: Member, value: Any) -> str:
        info, _ = without_null(one.type)
        match info:
            case _ if value is None:
                return "null"
            case inspect.LiteralType():
                return f"{self._plain(shape, one.name, info)}.{_constant(value)}"
            case inspect.ListType():
                return "emptyList()"
            case inspect.DictType():
                return "emptyMap()"
            case inspect.StructType():
                return f"{info.cls.__name__}()"
        return json.dumps(value)
