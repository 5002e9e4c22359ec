"""What of a room outlives its node: who must stay outside, who has been let in, and what moderators have decided.

Without it a meeting that is locked would be open to everybody after a node's restart. What was said in the chat, and
everything of media, goes with the node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec
from msgspec.structs import replace

from rooms.protocol import KickedPeer, Overrides, Rules

# msgspec makes these out of JSON, so the types must be there at run time.
from rooms.state.identity import Identity

if TYPE_CHECKING:
    from rooms.room_key import RoomKey


class Known(msgspec.Struct, frozen=True):
    """A participant who is in, or was, or was let in."""

    peer_id: str
    identity: Identity


class Removed(msgspec.Struct, frozen=True):
    """A participant who can't come back, and what they are told."""

    peer: KickedPeer
    message: str
    identity: Identity


class Decided(msgspec.Struct, frozen=True):
    """What was decided for somebody."""

    peer_id: str
    overrides: Overrides
    identity: Identity


class WaitingRoomMemory(msgspec.Struct, frozen=True):
    """`decided` where a moderator has said whether newcomers wait."""

    decided: bool
    known: list[Known]
    removed: list[Removed]


class RuleMemory(msgspec.Struct, frozen=True):
    """What counts for the room, and for single participants."""

    rules: Rules
    hands_enabled: bool
    overrides: list[Decided]


class RecordingMemory(msgspec.Struct, frozen=True):
    """A room is recorded, since this Unix time in ms; or (`stopped`) somebody has stopped that.

    At `last_ms` somebody was in for certain, at `until_ms` it was still recorded, both in Unix ms. A room that leaves
    its node says both (`left_at`); for one that was lost, who loads it.
    """

    since_ms: int | None = None
    stopped: bool = False
    last_ms: int = 0
    until_ms: int = 0


class RoomMemory(msgspec.Struct, frozen=True):
    """All of it. `interpretation` is what a moderator has said of it, None where none has."""

    waiting_room: WaitingRoomMemory = msgspec.field(name="door")  # what is stored outlives releases
    rules: RuleMemory
    max_bitrate_bps: int
    interpretation: bool | None = None
    recording: RecordingMemory | None = None


def left_at(memory: RoomMemory, now_ms: int) -> RoomMemory:
    """Of a room that left its node then, in Unix ms: another node knows from when on nothing is recorded."""
    if memory.recording is None or memory.recording.since_ms is None:
        return memory
    return replace(memory, recording=replace(memory.recording, last_ms=now_ms, until_ms=now_ms))


def encode(memory: RoomMemory) -> str:
    """As text, which holds secrets of pages."""
    return msgspec.json.encode(memory).decode()


def decode(text: str) -> RoomMemory:
    """What `encode` has made; of anything else a room that lets nobody in but moderators."""
    try:
        return msgspec.json.decode(text, type=RoomMemory)
    except (msgspec.MsgspecError, RecursionError):
        return UNREADABLE


UNREADABLE = RoomMemory(
    WaitingRoomMemory(decided=True, known=[], removed=[]),
    RuleMemory(Rules(locked=True), hands_enabled=False, overrides=[]),
    max_bitrate_bps=0,
)


class Memories(Protocol):
    """Keeps what rooms have to remember beyond their node. Called on the event loop; all but `load` return at once."""

    async def load(self, key: RoomKey) -> RoomMemory | None:
        """What a room that was lost a moment ago, here or on another node, has to remember."""

    def save(self, key: RoomKey, memory: RoomMemory | None) -> None:
        """Keep this from now on, or (None) nothing."""

    async def flush(self) -> None:
        """Return when all of it is kept, or in some seconds."""


class RemembersNothing:
    """Where there is no database."""

    async def load(self, key: RoomKey) -> RoomMemory | None:  # noqa: ARG002 - the Protocol's
        """Nothing."""
        return None

    def save(self, key: RoomKey, memory: RoomMemory | None) -> None:
        """Nothing."""

    async def flush(self) -> None:
        """Nothing is kept."""
