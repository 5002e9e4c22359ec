"""How a language writes the types and the values of a schema: one walk for the writers of Kotlin and Swift."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from msgspec import inspect

from meet.management.schema import without_null
from rooms import protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from meet.management.schema import Schema

# Requests and what answers them, by the names of their shapes; and the methods that they are on the wire.
ANSWERS: Final = {request.__name__: answer.__name__ for request, answer in protocol.RESPONSES.items()}
METHODS: Final = {request.__name__: protocol.wire_name(request) for request in protocol.RESPONSES}


@dataclass(frozen=True)
class Notation:
    """One language's words. `{}` in `many` and `by_name` stands for the type of what they hold."""

    integer: str
    number: str
    truth: str
    anything: str
    many: str
    by_name: str
    nothing: str
    none_of_many: str
    none_by_name: str
    # A word as a value, of the set of words of that name.
    word: Callable[[str, str], str]

    def type(self, schema: Schema, shape: str, member: str, info: inspect.Type) -> str:
        """The type of a member of a shape."""
        info, nullable = without_null(info)
        return self.plain(schema, shape, member, info) + ("?" if nullable else "")

    def plain(  # noqa: PLR0911 - one line a type
        self, schema: Schema, shape: str, member: str, info: inspect.Type
    ) -> str:
        """A type that is not null. Raises `TypeError` for one that is not on the wire."""
        match info:
            case inspect.StrType():
                return "String"
            case inspect.IntType():
                return self.integer
            case inspect.FloatType():
                return self.number
            case inspect.BoolType():
                return self.truth
            case inspect.AnyType():
                return self.anything
            case inspect.LiteralType():
                return schema.words_name(shape, member, info)
            case inspect.ListType():
                return self.many.format(self.type(schema, shape, member, info.item_type))
            case inspect.DictType():
                return self.by_name.format(self.type(schema, shape, member, info.value_type))
            case inspect.StructType():
                return info.cls.__name__
        raise TypeError(repr(info))

    def value(self, schema: Schema, shape: str, member: str, info: inspect.Type, value: Any) -> str:
        """The default of a member of a shape, which is one of JSON."""
        info, _ = without_null(info)
        match info:
            case _ if value is None:
                return self.nothing
            case inspect.LiteralType():
                return self.word(schema.words_name(shape, member, info), value)
            case inspect.ListType():
                return self.none_of_many
            case inspect.DictType():
                return self.none_by_name
            case inspect.StructType():
                return f"{info.cls.__name__}()"
        return json.dumps(value)
