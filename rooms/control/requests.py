"""What web asks a node for, and which of a room's commands it may send.

A body is JSON with a `type`. A command goes by its name and without `actor`: whatever comes over the control API is
done in the name of the account's own server.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rooms.state import commands

if TYPE_CHECKING:
    from rooms.state.commands import Command

PATH: Final = "/control"

# Nothing else can be asked for.
COMMANDS: Final[dict[str, type[Any]]] = {
    command.__name__: command
    for command in (
        commands.AdmitAll,
        commands.AdmitPeer,
        commands.Allow,
        commands.AllowAll,
        commands.AskToTurnOn,
        commands.ClearChat,
        commands.EndMeeting,
        commands.Kick,
        commands.LetBack,
        commands.LimitBitrate,
        commands.LowerAllHands,
        commands.SetLocked,
        commands.SetStage,
        commands.SetWaitingRoom,
        commands.StartRecording,
        commands.StopRecording,
        commands.StopTracks,
        commands.StopVideo,
    )
}


class _Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag=True):
    pass


class ListRooms(_Ask, frozen=True):
    """All live rooms of some accounts, or (None) of all."""

    account_ids: list[int] | None


class DescribeRoom(_Ask, frozen=True):
    """One room with everybody in it."""

    account_id: int
    room_id: str


class Act(_Ask, frozen=True):
    """Carry out one of `COMMANDS` in a room; `data` are its fields."""

    account_id: int
    room_id: str
    command: str
    data: dict[str, str | bool | int | None]


Ask = ListRooms | DescribeRoom | Act


class Problem(msgspec.Struct, frozen=True):
    """Why there is no answer; the code of a refused command is the state machine's."""

    code: str
    message: str


_decoder: Final = msgspec.json.Decoder(Ask)


def decode(body: bytes) -> Ask:
    """The request in a body. Raises `msgspec.ValidationError` or `msgspec.DecodeError`."""
    ask: Ask = _decoder.decode(body)
    return ask


def act(account_id: int, room_id: str, command: Command) -> Act:
    """The request for a command. Raises `ValueError` for one that is not the account's server's."""
    name = type(command).__name__
    data = {field.name: getattr(command, field.name) for field in fields(command)}
    if COMMANDS.get(name) is not type(command) or data.pop("actor") is not None:
        raise ValueError(f"{command} can't be asked for over the control API.")
    return Act(account_id, room_id, name, data)


def command_of(request: Act) -> Command:
    """The command that a request stands for. Raises `msgspec.ValidationError` for any other."""
    kind = COMMANDS.get(request.command)
    if kind is None or request.data.keys() != {field.name for field in fields(kind)} - {"actor"}:
        raise msgspec.ValidationError("There is no such command.")
    command: Command = msgspec.convert({**request.data, "actor": None}, kind)
    return command
