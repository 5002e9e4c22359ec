"""Whether a room is being recorded, and who may change that. Pure; `rooms.runtime.recorder` does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rooms.protocol import RecordingChanged, RecordingFailed
from rooms.protocol.errors import Refused
from rooms.state.outcome import BeginCapture, EndCapture, Event, Outcome

if TYPE_CHECKING:
    from rooms.state.commands import RecordingBegan, RecordingEnded, StartRecording, StopRecording
    from rooms.state.roster import People


class Recorded:
    """`since` is Unix time in ms, None while nothing is recorded."""

    def __init__(self, people: People) -> None:
        self._people = people
        self.since: int | None = None

    def start(self, command: StartRecording) -> Outcome:
        """Somebody wants it; the room is recorded once the recorder says so."""
        self._check(command.actor)
        if self.since is not None:
            raise Refused("alreadyRecording", "This meeting is being recorded already.")
        return Outcome(effects=[BeginCapture()])

    def stop(self, command: StopRecording) -> Outcome:
        """Somebody wants no more of it."""
        self._check(command.actor)
        if self.since is None:
            raise Refused("notRecording", "This meeting is not being recorded.")
        return Outcome(effects=[EndCapture()])

    def began(self, command: RecordingBegan) -> Outcome:
        """It is recorded now."""
        self.since = command.since_ms
        return Outcome([Event(RecordingChanged(self.since))])

    def ended(self, command: RecordingEnded) -> Outcome:
        """It isn't any more, or could not be in the first place."""
        events = []
        if self.since is not None:
            self.since = None
            events.append(Event(RecordingChanged(None)))
        if command.problem is not None:
            events.append(Event(RecordingFailed(command.problem), audience="moderators"))
        return Outcome(events)

    def _check(self, actor: str | None) -> None:
        self._people.check_moderator(actor)
        if actor is not None and not self._people.find(actor).records:
            raise Refused("notAllowed", "Your link does not let you record this meeting.")
