"""Writes the protocol's TypeScript side: `python -m rooms.protocol.typescript`. A test fails when it was forgotten."""

from __future__ import annotations

import sys
import typing
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
from msgspec import inspect

from media.ortc import parameters
from rooms import protocol

TARGET: Final = Path(__file__).parent.parent.parent / "static" / "src" / "wire" / "protocol.ts"
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
HEAD: Final = """// Generated from rooms/protocol/ by `python -m rooms.protocol.typescript`. Do not edit.

import type { types } from "mediasoup-client";
"""


def generate() -> str:
    """The whole file."""
    structs: dict[str, str] = {}
    methods = [
        f"  {protocol.wire_name(request)}: {{ data: {_name(request, structs)}; response: {_name(answer, structs)} }};"
        for request, answer in protocol.RESPONSES.items()
    ]
    events = [f"  {protocol.wire_name(event)}: {_name(event, structs)};" for event in protocol.NOTIFICATIONS]
    _name(protocol.ErrorInfo, structs)
    codes = "\n".join(f'  | "{code}"' for code in get_args(protocol.ErrorCode))
    parts = [
        HEAD,
        f'export const VERSION = {protocol.VERSION};\nexport const SUBPROTOCOL = "{protocol.SUBPROTOCOL}";',
        f"export type ErrorCode =\n{codes};",
        *structs.values(),
        "export interface RequestMap {\n" + "\n".join(methods) + "\n}",
        "export interface NotificationMap {\n" + "\n".join(events) + "\n}",
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _name(struct: type[msgspec.Struct], structs: dict[str, str]) -> str:
    name = struct.__name__
    if name in FROM_MEDIASOUP:
        return FROM_MEDIASOUP[name]
    if name not in structs:
        structs[name] = ""  # holds the place, so that what is used comes after what uses it
        info = inspect.type_info(struct)
        if not isinstance(info, inspect.StructType):
            raise TypeError(name)
        lines = [
            f"  {field.encode_name}{'' if field.required else '?'}: {_type(field.type, structs)};"
            for field in info.fields
        ]
        doc = (struct.__doc__ or "").strip().split("\n")[0]
        body = "\n".join(lines)
        structs[name] = f"/** {doc} */\n" + (
            f"export interface {name} {{\n{body}\n}}" if lines else f"export type {name} = Record<string, never>;"
        )
    return name


def _type(info: inspect.Type, structs: dict[str, str]) -> str:  # noqa: C901, PLR0911 - one line a type
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
            return " | ".join(f'"{value}"' for value in _in_order(info))
        case inspect.ListType():
            return f"{_type(info.item_type, structs)}[]"
        case inspect.DictType():
            return f"Record<string, {_type(info.value_type, structs)}>"
        case inspect.UnionType():
            return " | ".join(_type(member, structs) for member in info.types)
        case inspect.StructType():
            return _name(info.cls, structs)
    raise TypeError(repr(info))


def _in_order(info: inspect.LiteralType) -> list[Any]:
    """A literal's values in the order of the source; msgspec sorts them."""
    for module in (protocol, parameters):
        for value in vars(module).values():
            if typing.get_origin(value) is typing.Literal and set(get_args(value)) == set(info.values):
                return list(get_args(value))
    return list(info.values)


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(generate(), encoding="utf-8")
    sys.stdout.write(f"Wrote {TARGET.name}.\n")
