"""The client's side of what goes over the wire. `manage.py generate` writes it; a test fails when it was forgotten.

`FILES` names each file of `static/src/wire/` and `sdk/js/src/wire/` and the msgspec Structs that it is made from.
Literals are written out in each file, so that none imports another.
"""

from __future__ import annotations

import re
import typing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, get_args

import msgspec
from msgspec import inspect

from media.ortc import parameters
from meet.config import PROJECT
from meet.views.boot import Admission, Boot, DenialBoot, TicketRequest
from meet.views.check import CheckBoot, CheckTicket, CheckTicketRequest
from recording.pages.player_boot import NothingToWatch, PendingVideo, ReadyVideo, VideoProgress
from recording.pages.sharing import KeptLinks, Shared
from rooms import protocol
from rooms.live.orders import ORDERS
from rooms.live.shapes import RoomBoot, RoomsBoot, RoomsState, RoomState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

# What pages start with and send, and what any participant says to a node.
PAGES: Final = PROJECT / "static" / "src" / "wire"
SDK: Final = PROJECT / "sdk" / "js" / "src" / "wire"
# Shapes that mediasoup-client defines itself; using its own types saves conversions.
FROM_MEDIASOUP: Final = {
    "RtpCapabilities": "types.RtpCapabilities",
    "RtpParameters": "types.RtpParameters",
    "DtlsParameters": "types.DtlsParameters",
    "IceParameters": "types.IceParameters",
    "IceCandidate": "types.IceCandidate",
    "SctpParameters": "types.SctpParameters",
    "SctpStreamParameters": "types.SctpStreamParameters",
}
_CODE: Final = re.compile(r"`[a-z_]+`")
HEAD: Final = "// Generated from {source} by `make generate`. Do not edit."


@dataclass
class Declarations:
    """The interfaces of one file, each once, in the order in which they are first needed."""

    _by_name: dict[str, str] = field(default_factory=dict)

    def __iter__(self) -> typing.Iterator[str]:
        return iter(self._by_name.values())

    def name(self, struct: type[Any]) -> str:
        """A Struct's TypeScript name; declares it and what it is made of."""
        name = struct.__name__
        if name in FROM_MEDIASOUP:
            return FROM_MEDIASOUP[name]
        if name not in self._by_name:
            self._by_name[name] = ""  # holds the place, so that what is used comes after what uses it
            self._by_name[name] = self._declare(name, inspect.type_info(struct))
        return name

    def _declare(self, name: str, info: inspect.Type) -> str:
        if not isinstance(info, inspect.StructType | inspect.TypedDictType):
            raise TypeError(name)
        lines = [f"  {one.encode_name}{'' if one.required else '?'}: {self.type_of(one.type)};" for one in info.fields]
        doc = in_camel_case((info.cls.__doc__ or "").strip().split("\n")[0])
        body = "\n".join(lines)
        shape = f"interface {name} {{\n{body}\n}}" if lines else f"type {name} = Record<string, never>;"
        return f"/** {doc} */\nexport {shape}"

    def type_of(self, info: inspect.Type) -> str:  # noqa: C901, PLR0911 - one line a type
        """A type as TypeScript writes it."""
        match info:
            case inspect.StrType():
                return "string"
            case inspect.IntType() | inspect.FloatType():
                return "number"
            case inspect.BoolType():
                return "boolean"
            case inspect.NoneType():
                return "null"
            case inspect.AnyType():
                return "unknown"
            case inspect.LiteralType():
                return " | ".join(f'"{value}"' for value in in_order(info))
            case inspect.ListType():
                item = self.type_of(info.item_type)
                return f"({item})[]" if " | " in item else f"{item}[]"
            case inspect.DictType():
                return f"Record<string, {self.type_of(info.value_type)}>"
            case inspect.UnionType():
                return " | ".join(self.type_of(member) for member in info.types)
            case inspect.StructType() | inspect.TypedDictType():
                return self.name(info.cls)
        raise TypeError(repr(info))


def in_camel_case(text: str) -> str:
    """A sentence with the names of fields in it as they stand on the wire."""
    return _CODE.sub(lambda code: re.sub(r"_([a-z])", lambda match: match[1].upper(), code[0]), text)


def in_order(info: inspect.LiteralType) -> list[Any]:
    """A literal's values in the order of the source; msgspec sorts them."""
    for module in (protocol, parameters):
        for value in vars(module).values():
            if typing.get_origin(value) is typing.Literal and set(get_args(value)) == set(info.values):
                return list(get_args(value))
    return list(info.values)


def _map(name: str, lines: Iterable[str]) -> str:
    return f"export interface {name} {{\n" + "\n".join(lines) + "\n}"


def _union(name: str, *structs: type[msgspec.Struct]) -> str:
    return f"export type {name} = {' | '.join(struct.__name__ for struct in structs)};"


def _file(source: str, *parts: str) -> str:
    return "\n\n".join(part.strip("\n") for part in (HEAD.format(source=source), *parts)) + "\n"


def signalling() -> str:
    """`protocol.ts`: what the room's page and its node say to each other."""
    found = Declarations()
    methods = [
        f"  {protocol.wire_name(request)}: {{ data: {found.name(request)}; response: {found.name(answer)} }};"
        for request, answer in protocol.RESPONSES.items()
    ]
    events = [f"  {protocol.wire_name(event)}: {found.name(event)};" for event in protocol.NOTIFICATIONS]
    found.name(protocol.ErrorInfo)
    codes = "\n".join(f'  | "{code}"' for code in get_args(protocol.ErrorCode))
    return _file(
        "rooms/protocol/",
        'import type { types } from "mediasoup-client";',
        f'export const VERSION = {protocol.VERSION};\nexport const SUBPROTOCOL = "{protocol.SUBPROTOCOL}";',
        f"export type ErrorCode =\n{codes};",
        *found,
        _map("RequestMap", methods),
        _map("NotificationMap", events),
    )


def live() -> str:
    """`live.ts`: what the admin's pages of live rooms get, and what their buttons ask for."""
    found = Declarations()
    for struct in (RoomsBoot, RoomBoot, RoomsState, RoomState):
        found.name(struct)
    orders = [f"  {name}: {found.name(order)};" for name, order in ORDERS.items()]
    return _file("rooms/live/", *found, _union("LiveBoot", RoomsBoot, RoomBoot), _map("OrderMap", orders))


def player() -> str:
    """`player.ts`: what the page of a recording gets."""
    found = Declarations()
    boots = (ReadyVideo, PendingVideo, NothingToWatch)
    for struct in (*boots, VideoProgress):
        found.name(struct)
    return _file("recording/pages/player_boot.py", *found, _union("PlayerBoot", *boots))


def _page(source: str, *structs: type[msgspec.Struct]) -> Callable[[], str]:
    def write() -> str:
        found = Declarations()
        for struct in structs:
            found.name(struct)
        return _file(source, *found)

    return write


# Each file, and what writes it.
FILES: Final[Mapping[Path, Callable[[], str]]] = {
    SDK / "protocol.ts": signalling,
    SDK / "admission.ts": _page("meet/views/boot.py", Admission, TicketRequest),
    PAGES / "boot.ts": _page("meet/views/boot.py", Boot, Admission, TicketRequest),
    PAGES / "check.ts": _page("meet/views/check.py", CheckBoot, CheckTicket, CheckTicketRequest),
    PAGES / "denial.ts": _page("meet/views/boot.py", DenialBoot),
    PAGES / "live.ts": live,
    PAGES / "player.ts": player,
    PAGES / "sharing.ts": _page("recording/pages/sharing.py", Shared, KeptLinks),
}


def write_all() -> None:
    """Write all of `FILES`."""
    for path, text in FILES.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text(), encoding="utf-8")
