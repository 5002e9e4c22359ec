"""What goes over the wire between a participant and a server, as the writers for Kotlin and Swift need it.

A literal becomes an *open* set of words: an app stays installed while its server gets newer, and a word that it doesn't
know must not cost it the message. What a library for media makes and takes (`OPAQUE`) stays JSON.
"""

from __future__ import annotations

import re
import typing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import inspect

from media.ortc import parameters
from meet.management.typescript import FROM_MEDIASOUP, in_camel_case, in_order
from meet.views.boot import Admission, TicketRequest
from rooms import protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

OPAQUE: Final = tuple(FROM_MEDIASOUP)


@dataclass(frozen=True, slots=True)
class Member:
    """One field of a message, named as on the wire. `default` is a value of JSON, or `...` where it must stand."""

    name: str
    type: inspect.Type
    default: Any


@dataclass(frozen=True, slots=True)
class Shape:
    """A message, or a part of one."""

    name: str
    doc: str
    members: tuple[Member, ...]


@dataclass
class Schema:
    """All shapes that are said and heard, each once, and all sets of words in them."""

    shapes: dict[str, Shape] = field(default_factory=dict)
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def read(cls) -> Schema:
        """The schema of the signalling, and of what a ticket is asked for with."""
        found = cls()
        for struct in (TicketRequest, Admission, protocol.ErrorInfo):
            found.add(struct)
        for request, answer in protocol.RESPONSES.items():
            found.add(request)
            found.add(answer)
        for event in protocol.NOTIFICATIONS:
            found.add(event)
        return found

    def add(self, struct: type[Any]) -> None:
        """A Struct and all that it is made of."""
        name = struct.__name__
        if name in self.shapes or name in OPAQUE:
            return
        info = inspect.type_info(struct)
        if not isinstance(info, inspect.StructType):
            raise TypeError(name)
        members = tuple(Member(one.encode_name, one.type, _default(one)) for one in info.fields)
        doc = in_camel_case((struct.__doc__ or "").strip().split("\n")[0])
        self.shapes[name] = Shape(name, doc, members)
        for one in info.fields:
            for part in parts_of(one.type):
                if isinstance(part, inspect.StructType):
                    self.add(part.cls)
                elif isinstance(part, inspect.LiteralType):
                    self.words[self.words_name(name, one.encode_name, part)] = tuple(in_order(part))

    def within(self, names: set[str]) -> set[str]:
        """The names of these shapes and of all shapes that they are made of."""
        found = set(names)
        for name in names:
            for member in self.shapes[name].members:
                parts = {part.cls.__name__ for part in parts_of(member.type) if isinstance(part, inspect.StructType)}
                found |= self.within(parts - set(OPAQUE))
        return found

    def words_name(self, shape: str, member: str, info: inspect.LiteralType) -> str:
        """The name of a set of words: that of the source, else of the shape and the field that it stands in."""
        for module in (protocol, parameters):
            for name, value in vars(module).items():
                if typing.get_origin(value) is typing.Literal and set(typing.get_args(value)) == set(info.values):
                    return name
        return f"{shape}{member[0].upper()}{member[1:]}"


def parts_of(info: inspect.Type) -> Iterator[inspect.Type]:
    """A type, and those that it holds or may be."""
    yield info
    match info:
        case inspect.ListType():
            yield from parts_of(info.item_type)
        case inspect.DictType():
            yield from parts_of(info.value_type)
        case inspect.UnionType():
            for member in info.types:
                yield from parts_of(member)


def without_null(info: inspect.Type) -> tuple[inspect.Type, bool]:
    """A type without null, and whether it may be null. No other union is on the wire."""
    if not isinstance(info, inspect.UnionType):
        return info, False
    others = [member for member in info.types if not isinstance(member, inspect.NoneType)]
    if len(others) != 1:
        raise TypeError(repr(info))
    return others[0], True


def identifier(word: str) -> str:
    """The name of a word in code, in camelCase; the empty one is `none`."""
    return re.sub(r"\W+(\w)", lambda match: match[1].upper(), word) or "none"


def _default(one: inspect.Field) -> Any:
    if one.required:
        return ...
    if one.default_factory is not msgspec.NODEFAULT:
        return msgspec.to_builtins(one.default_factory())
    return one.default
