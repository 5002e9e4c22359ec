"""Messages for the SDKs in other languages: one of each that says everything, one that says the least, and a call's."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from meet_participant.signalling import Connection
from msgspec import inspect

from meet.management.schema import Schema, without_null
from meet.views.boot import Admission, TicketRequest
from rooms import protocol

if TYPE_CHECKING:
    import pytest


def classes() -> dict[str, type[Any]]:
    """The server's own classes of all shapes, by name."""
    found: dict[str, type[Any]] = {"TicketRequest": TicketRequest, "Admission": Admission}
    structs: tuple[type[Any], ...] = (
        protocol.ErrorInfo,
        *protocol.RESPONSES,
        *protocol.RESPONSES.values(),
        *protocol.NOTIFICATIONS,
    )
    found |= {struct.__name__: struct for struct in structs}
    found |= {name: getattr(protocol, name) for name in Schema.read().shapes if name not in found}
    return found


def example(info: inspect.Type, *, whole: bool) -> Any:  # noqa: C901, PLR0911 - one line a type
    """A value of JSON that the server takes for this type: with all fields (`whole`), or with those that must stand."""
    info, nullable = without_null(info)
    if nullable and not whole:
        return None
    match info:
        case inspect.StrType():
            return "ä\n"
        case inspect.IntType():
            return info.le if info.le is not None else 1_796_000_000_000
        case inspect.FloatType():
            return 0.25
        case inspect.BoolType():
            return True
        case inspect.AnyType():
            return {"any": [1, None]}
        case inspect.LiteralType():
            return max(map(str, info.values))
        case inspect.ListType():
            return [example(info.item_type, whole=whole)] * 2 if whole else []
        case inspect.DictType():
            return {"key": example(info.value_type, whole=whole)} if whole else {}
        case inspect.StructType():
            fields = [one for one in info.fields if whole or one.required]
            return {one.encode_name: example(one.type, whole=whole) for one in fields}
    raise TypeError(repr(info))


def examples() -> list[tuple[str, Any]]:
    """Each shape's name with its data, twice."""
    found = ((name, inspect.type_info(struct)) for name, struct in classes().items())
    return [(name, example(info, whole=whole)) for name, info in found for whole in (True, False)]


class Recorder:
    """Keeps what participants of the Python SDK hear and say. Made before they join."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.frames: list[dict[str, Any]] = []
        self.messages: list[tuple[str, Any]] = []
        self._asked: dict[Connection, dict[int, str]] = defaultdict(dict)
        request, take = Connection.request, Connection._take

        async def asking(connection: Connection, method: Any, data: Any = None, **how: Any) -> Any:
            self._asked[connection][connection._last_id + 1] = method
            self.messages.append((method[0].upper() + method[1:], json.loads(json.dumps(data or {}))))
            return await request(connection, method, data, **how)

        def taking(connection: Connection, frame: dict[str, Any]) -> None:
            self._keep(connection, frame)
            take(connection, frame)

        monkeypatch.setattr(Connection, "request", asking)
        monkeypatch.setattr(Connection, "_take", taking)

    def _keep(self, connection: Connection, frame: dict[str, Any]) -> None:
        self.frames.append(frame)
        if "event" in frame:
            self.messages.append((frame["event"][0].upper() + frame["event"][1:], frame["data"]))
        elif frame["ok"]:
            answer = protocol.RESPONSES[protocol.REQUESTS[self._asked[connection][frame["id"]]]]
            self.messages.append((answer.__name__, frame["data"]))
        else:
            self.messages.append(("ErrorInfo", frame["error"]))
