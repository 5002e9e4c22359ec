"""What web asks a node for, and which of a room's requests it may send.

A body is JSON with a `type`. A room's request goes by the name of its class and has nobody who asks: whatever comes
over the control API is done in the name of the account's own server.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from rooms.protocol import SERVER_REQUESTS, Request

PATH: Final = "/control"
# A connection that another node keeps (`rooms.cascade`).
LINK_PATH: Final = "/link"


class _Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag=True):
    pass


class ListRooms(_Ask, frozen=True):
    """All live rooms of some accounts, or (None) of all."""

    account_ids: list[int] | None


class DescribeRoom(_Ask, frozen=True):
    """One room with everybody in it."""

    account_id: int
    room_id: str


class SayWhetherThere(_Ask, frozen=True):
    """Nothing but an answer, from who has the node's name."""


class Act(_Ask, frozen=True):
    """Carry out one of `SERVER_REQUESTS` in a room; `data` are its fields as on the wire."""

    account_id: int
    room_id: str
    command: str
    data: dict[str, str | bool | int | None]


Ask = ListRooms | DescribeRoom | SayWhetherThere | Act


class Problem(msgspec.Struct, frozen=True):
    """Why there is no answer; the code of a refused command is the state machine's."""

    code: str
    message: str


_decoder: Final = msgspec.json.Decoder(Ask)


def decode(body: bytes) -> Ask:
    """The request in a body. Raises `msgspec.ValidationError` or `msgspec.DecodeError`."""
    ask: Ask = _decoder.decode(body)
    return ask


def act(account_id: int, room_id: str, request: Request) -> Act:
    """The body for a room's request. Raises `ValueError` for one that is not the account's server's."""
    if not request.by_server:
        raise ValueError(f"{request} can't be asked for over the control API.")
    return Act(account_id, room_id, type(request).__name__, msgspec.to_builtins(request))


def request_of(act: Act) -> Request:
    """The request that a body stands for. Raises `msgspec.ValidationError` for any other."""
    kind: Any = SERVER_REQUESTS.get(act.command)
    if kind is None or act.data.keys() != set(kind.__struct_encode_fields__):
        raise msgspec.ValidationError("There is no such command.")
    request: Request = msgspec.convert(act.data, kind)
    return request
