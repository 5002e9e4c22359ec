"""The iOS SDK's side of what goes over the wire. `manage.py generate` writes it; a test fails when it was forgotten.

All of it is in one namespace, `Wire`, since its words (`Join`, `Device`) are too common for an app. Decoding is written
out: what Swift makes by itself doesn't know defaults.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from meet.config import PROJECT
from meet.management.notation import ANSWERS, METHODS, Notation
from meet.management.schema import OPAQUE, Schema, identifier, without_null
from meet.views.boot import TicketRequest
from rooms import protocol

if TYPE_CHECKING:
    from meet.management.schema import Member, Shape

TARGET: Final = PROJECT / "sdk" / "ios" / "Sources" / "MeetParticipant" / "Protocol.swift"
HEAD: Final = """// Generated from rooms/protocol/ by `make generate`. Do not edit.

import Foundation

/// What a client asks for: the name of its method, and what answers it.
public protocol WireRequest: Encodable, Sendable {{
    associatedtype Answer: Decodable & Sendable
    static var method: String {{ get }}
}}

/// What goes over the wire.
public enum Wire {{
    public static let version = {version}
    public static let subprotocol = "{subprotocol}"
"""
# Words of the language that are names of fields or of words.
_RESERVED: Final = {"protocol", "internal", "in", "for", "default", "none"}


def generate() -> str:
    """`Protocol.swift`: what a participant says to the server, and hears of it."""
    schema = Schema.read()
    opaque = "\n\n".join(
        f"    /// What the library for media makes and takes, as it is.\n    public typealias {name} = JSON"
        for name in OPAQUE
    )
    parts = (
        HEAD.format(version=protocol.VERSION, subprotocol=protocol.SUBPROTOCOL) + "\n" + opaque,
        *(_words(name, values) for name, values in sorted(schema.words.items())),
        *(_Writer(schema).shape(one) for one in schema.shapes.values()),
        _notifications(),
    )
    return "\n\n".join(parts) + "\n}\n"


def _notifications() -> str:
    names = [(protocol.wire_name(event), event.__name__) for event in protocol.NOTIFICATIONS]
    cases = "\n".join(f"        case {name}({struct})" for name, struct in names)
    reads = "\n".join(
        f'            case "{name}": return .{name}(try decoder.decode({struct}.self, from: data))'
        for name, struct in names
    )
    return (
        "    /// What a server tells without being asked.\n"
        f"    public enum Notification: Sendable {{\n{cases}\n\n"
        "        /// An event by its name, or nil where this version doesn't know it.\n"
        "        public static func decode(_ event: String, _ data: Data, by decoder: JSONDecoder) throws -> Self? {\n"
        f"            switch event {{\n{reads}\n            default: return nil\n            }}\n        }}\n    }}"
    )


def _words(name: str, values: tuple[str, ...]) -> str:
    lines = "\n".join(
        f"        public static let {_name(identifier(value))} = Self(rawValue: {json.dumps(value)})"
        for value in values
    )
    return (
        f"    /// One of the words below, or one of a newer server.\n"
        f"    public struct {name}: RawRepresentable, Codable, Hashable, Sendable {{\n"
        f"        public let rawValue: String\n\n"
        f"        public init(rawValue: String) {{ self.rawValue = rawValue }}\n\n{lines}\n    }}"
    )


def _name(name: str) -> str:
    return f"`{name}`" if name in _RESERVED else name


_NOTATION: Final = Notation(
    integer="Int",
    number="Double",
    truth="Bool",
    anything="JSON",
    many="[{}]",
    by_name="[String: {}]",
    nothing="nil",
    none_of_many="[]",
    none_by_name="[:]",
    word=lambda _name_of_words, word: f".{_name(identifier(word))}",
)


class _Writer:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._said = schema.within({*ANSWERS, TicketRequest.__name__})

    def shape(self, shape: Shape) -> str:
        answer = ANSWERS.get(shape.name)
        supers = "WireRequest, Codable, Hashable, Sendable" if answer else "Codable, Hashable, Sendable"
        lines = []
        if answer:
            lines += [
                f"public typealias Answer = Wire.{answer}",
                f'public static let method = "{METHODS[shape.name]}"',
                "",
            ]
        lines += [f"public var {_name(one.name)}: {self._type(shape, one)}" for one in shape.members]
        if not shape.members:
            lines.append("public init() {}")
        if self._is_made(shape):
            lines += ["", *self._initializer(shape)]
        if any(one.default is not ... and one.default is not None for one in shape.members):
            lines += ["", *self._decoding(shape)]
        body = "\n".join(f"        {line}" if line else "" for line in lines)
        return f"    /// {shape.doc}\n    public struct {shape.name}: {supers} {{\n{body}\n    }}"

    def _is_made(self, shape: Shape) -> bool:
        """Whether an app makes it: it is said, or is a default itself."""
        if not shape.members:
            return False
        return shape.name in self._said or all(one.default is not ... for one in shape.members)

    def _initializer(self, shape: Shape) -> list[str]:
        arguments = [
            f"{one.name}: {self._type(shape, one)}" + ("" if one.default is ... else f" = {self._value(shape, one)}")
            for one in shape.members
        ]
        commas = [f"    {argument}," for argument in arguments[:-1]] + [f"    {arguments[-1]}"]
        sets = [f"    self.{one.name} = {_name(one.name)}" for one in shape.members]
        return ["public init(", *commas, ") {", *sets, "}"]

    def _decoding(self, shape: Shape) -> list[str]:
        keys = [f"    case {_name(one.name)}" for one in shape.members]
        reads = [f"    self.{one.name} = {self._read(shape, one)}" for one in shape.members]
        return [
            "enum CodingKeys: String, CodingKey {",
            *keys,
            "}",
            "",
            "public init(from decoder: Decoder) throws {",
            "    let fields = try decoder.container(keyedBy: CodingKeys.self)",
            *reads,
            "}",
        ]

    def _read(self, shape: Shape, one: Member) -> str:
        info, nullable = without_null(one.type)
        plain = _NOTATION.plain(self._schema, shape.name, one.name, info)
        if one.default is ... and not nullable:
            return f"try fields.decode({plain}.self, forKey: .{one.name})"
        read = f"try fields.decodeIfPresent({plain}.self, forKey: .{one.name})"
        return read if nullable else f"{read} ?? {self._value(shape, one)}"

    def _type(self, shape: Shape, one: Member) -> str:
        return _NOTATION.type(self._schema, shape.name, one.name, one.type)

    def _value(self, shape: Shape, one: Member) -> str:
        return _NOTATION.value(self._schema, shape.name, one.name, one.type, one.default)
