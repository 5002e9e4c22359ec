"""Who records a node's rooms: what rooms tell it, and what it tells them. `recording.capture` fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from rooms.protocol.errors import Refused

if TYPE_CHECKING:
    from media.router import Router
    from rooms.protocol import Message, RecordingProblem, RoomSnapshot
    from rooms.room_key import RoomKey


class RecordableRoom(Protocol):
    """A live room, for a recorder."""

    @property
    def key(self) -> RoomKey: ...
    @property
    def router(self) -> Router: ...
    @property
    def interpretation_recorded(self) -> bool:
        """Whether interpreters are recorded, too, for who wants to hear a language instead of the original."""

    def seen_by_viewers(self) -> RoomSnapshot:
        """The room as somebody sees it who only watches, without the chat."""

    def recording_began(self, since_ms: int, missing_ms: int | None = None) -> None:
        """Tell everybody; from now on the recorder hears what they hear.

        `missing_ms` are not recorded, because the node was killed meanwhile: those who come back are told.
        """

    def recording_ended(self, problem: RecordingProblem | None) -> None:
        """Tell everybody that nothing is recorded any more, and why, if nobody wanted that."""


class Recorder(Protocol):
    """One a node. Called on the event loop; returns at once."""

    def room_opened(self, room: RecordableRoom) -> None:
        """A room begins. Its recording goes on if another of the same name was recorded a moment ago."""

    def recorded_elsewhere(self, room: RecordableRoom, since_ms: int, last_ms: int, until_ms: int) -> None:
        """The room was recorded until `until_ms` on a node that has lost it, and somebody was in at `last_ms`.

        If somebody comes in time, and it is not recorded here already, it goes on in another recording.
        """

    def expect(self, room: RecordableRoom) -> None:
        """A participant entered whose account has all its meetings recorded."""

    def begin(self, room: RecordableRoom) -> None:
        """Record from now on. Raises `Refused` where that is impossible."""

    def end(self, room: RecordableRoom) -> None:
        """A moderator wants the recording to end."""

    def hear(self, room: RecordableRoom, message: Message) -> None:
        """A recorded room's viewers were told this."""

    def everybody_left(self, room: RecordableRoom) -> None:
        """Nobody is in, though somebody may wait in the waiting room or be expected back."""

    def somebody_came(self, room: RecordableRoom) -> None:
        """The first one is in, or the first one again."""

    def meeting_ended(self, room: RecordableRoom) -> None:
        """The meeting was ended for everybody: who comes next is in another meeting. Nobody need be told."""

    def room_moved(self, room: RecordableRoom) -> None:
        """Another node has the room from now on, where what is recorded goes on; `room_closed` follows."""

    def room_closed(self, room: RecordableRoom) -> None:
        """The room is gone with everybody; they may come back."""


class RecordsNothing:
    """A recorder that can't."""

    def room_opened(self, room: RecordableRoom) -> None:
        """Nothing."""

    def recorded_elsewhere(self, room: RecordableRoom, since_ms: int, last_ms: int, until_ms: int) -> None:
        """Nothing."""

    def expect(self, room: RecordableRoom) -> None:
        """Nothing."""

    def begin(self, room: RecordableRoom) -> None:  # noqa: ARG002 - a recorder's
        """Refuse."""
        raise Refused("recordingFailed", "This server records no meetings.")

    def end(self, room: RecordableRoom) -> None:
        """Nothing."""

    def hear(self, room: RecordableRoom, message: Message) -> None:
        """Nothing."""

    def everybody_left(self, room: RecordableRoom) -> None:
        """Nothing."""

    def somebody_came(self, room: RecordableRoom) -> None:
        """Nothing."""

    def meeting_ended(self, room: RecordableRoom) -> None:
        """Nothing."""

    def room_moved(self, room: RecordableRoom) -> None:
        """Nothing."""

    def room_closed(self, room: RecordableRoom) -> None:
        """Nothing."""
