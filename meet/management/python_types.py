"""The Python SDK's side of what goes over the wire. `manage.py generate` writes it; a test fails when it was forgotten.

`sdk/python` is installed without the server, so messages are `TypedDict`s there: JSON with names as on the wire.
"""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Any, Final, get_args

from msgspec import inspect

from meet.config import PROJECT
from meet.management.typescript import in_camel_case, in_order
from meet.views.boot import Admission, TicketRequest
from rooms import protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

TARGET: Final = PROJECT / "sdk" / "python" / "meet_participant" / "wire.py"
HEAD: Final = '''"""What goes over the wire, in JSON. Generated from rooms/protocol/ by `make generate`; do not edit."""

from __future__ import annotations

from typing import Any, Final, Literal, NotRequired, TypedDict
'''


class Declarations:
    """The classes of the file, each once, those that are used before those that use them."""

    def __init__(self) -> None:
        self._by_name: dict[str, str] = {}

    def __iter__(self) -> typing.Iterator[str]:
        return iter(self._by_name.values())

    def name(self, struct: type[Any]) -> str:
        """A Struct's name; declares it and what it is made of."""
        if struct.__name__ not in self._by_name:
            text = self._declare(struct, inspect.type_info(struct))
            self._by_name.setdefault(struct.__name__, text)
        return struct.__name__

    def _declare(self, struct: type[Any], info: inspect.Type) -> str:
        if not isinstance(info, inspect.StructType):
            raise TypeError(struct.__name__)
        lines = []
        for one in info.fields:
            written = self.type_of(one.type)
            lines.append(f"    {one.encode_name}: {written if one.required else f'NotRequired[{written}]'}")
        doc = in_camel_case((struct.__doc__ or "").strip().split("\n")[0])
        body = "\n\n" + "\n".join(lines) if lines else ""
        return f'class {struct.__name__}(TypedDict):\n    """{doc}"""{body}\n'

    def type_of(self, info: inspect.Type) -> str:  # noqa: C901, PLR0911 - one line a type
        """A type as Python writes it."""
        match info:
            case inspect.StrType():
                return "str"
            case inspect.IntType():
                return "int"
            case inspect.FloatType():
                return "float"
            case inspect.BoolType():
                return "bool"
            case inspect.NoneType():
                return "None"
            case inspect.AnyType():
                return "Any"
            case inspect.LiteralType():
                return _literal(in_order(info))
            case inspect.ListType():
                return f"list[{self.type_of(info.item_type)}]"
            case inspect.DictType():
                return f"dict[str, {self.type_of(info.value_type)}]"
            case inspect.UnionType():
                return " | ".join(self.type_of(member) for member in info.types)
            case inspect.StructType():
                return self.name(info.cls)
        raise TypeError(repr(info))


def _literal(values: list[str]) -> str:
    if tuple(values) == get_args(protocol.ErrorCode):
        return "ErrorCode"
    quoted = ", ".join(f'"{value}"' for value in values)
    return f"Literal[{quoted}]"


def _names(name: str, values: Iterable[str]) -> str:
    lines = "\n".join(f'    "{value}",' for value in values)
    return f"{name} = Literal[\n{lines}\n]\n"


def generate() -> str:
    """`wire.py`: what a participant says to the server, and hears of it."""
    found = Declarations()
    for struct in (TicketRequest, Admission, protocol.ErrorInfo):
        found.name(struct)
    for request, answer in protocol.RESPONSES.items():
        if not request.moderator:
            found.name(request)
            found.name(answer)
    for event in protocol.NOTIFICATIONS:
        found.name(event)
    methods = [protocol.wire_name(request) for request in protocol.RESPONSES]
    return "\n\n".join(
        (
            f'{HEAD}\nSUBPROTOCOL: Final = "{protocol.SUBPROTOCOL}"\n',
            _names("ErrorCode", get_args(protocol.ErrorCode))
            + _names("Method", methods)
            + _names("EventName", (protocol.wire_name(event) for event in protocol.NOTIFICATIONS)),
            *found,
        )
    )
