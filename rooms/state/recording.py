"""Whether a room is being recorded, and who may change that. Pure; `rooms.runtime.recorder` does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rooms.protocol import RecordingChanged, RecordingFailed, StartRecording, StopRecording
from rooms.protocol.errors import Refused
from rooms.state.commands import RecordingBegan, RecordingEnded
from rooms.state.outcome import BeginCapture, EndCapture, Event, Outcome
from rooms.state.rules import Context, rule

if TYPE_CHECKING:
    from rooms.state.roster import People


class Recorded:
    """`since` is Unix time in ms, None while nothing is recorded."""

    def __init__(self, people: People) -> None:
        self._people = people
        self.since: int | None = None

    @rule(StartRecording)
    def start(self, _request: StartRecording, context: Context) -> Outcome:
        """A moderator wants the meeting recorded; it is so once the recorder says so."""
        self._check(context.actor)
        if self.since is not None:
            raise Refused("alreadyRecording", "This meeting is being recorded already.")
        return Outcome(effects=[BeginCapture()])

    @rule(StopRecording)
    def stop(self, _request: StopRecording, context: Context) -> Outcome:
        """A moderator wants the recording to end; it has ended once the recorder says so."""
        self._check(context.actor)
        if self.since is None:
            raise Refused("notRecording", "This meeting is not being recorded.")
        return Outcome(effects=[EndCapture()])

    @rule(RecordingBegan)
    def began(self, command: RecordingBegan) -> Outcome:
        """The recorder records."""
        self.since = command.since_ms
        return Outcome([Event(RecordingChanged(self.since))])

    @rule(RecordingEnded)
    def ended(self, command: RecordingEnded) -> Outcome:
        """The recorder does not record any more, or could not begin."""
        events = []
        if self.since is not None:
            self.since = None
            events.append(Event(RecordingChanged(None)))
        if command.problem is not None:
            events.append(Event(RecordingFailed(command.problem), audience="moderators"))
        return Outcome(events)

    def _check(self, actor: str | None) -> None:
        if actor is not None and not self._people.find(actor).records:
            raise Refused("notAllowed", "Your link does not let you record this meeting.")
