"""Whether a room is being recorded, and who may change that. Pure; `rooms.runtime.recorder` does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rooms.protocol import RecordingChanged, RecordingFailed, StartRecording, StopRecording
from rooms.protocol.errors import Refused
from rooms.state.commands import RecordingBegan, RecordingEnded
from rooms.state.memory import RecordingMemory
from rooms.state.outcome import BeginCapture, EndCapture, Event, Outcome
from rooms.state.rules import Context, rule

if TYPE_CHECKING:
    from rooms.state.roster import People


class Recorded:
    """`since` is Unix time in ms, None while nothing is recorded.

    `stopped` once somebody has wanted it to end, until somebody wants it again: it does not begin by itself then.
    """

    def __init__(self, people: People) -> None:
        self._people = people
        self.since: int | None = None
        self.stopped = False

    def memory(self) -> RecordingMemory | None:
        """What another node has to know; None where nothing is recorded, and nobody has stopped that."""
        if self.since is None and not self.stopped:
            return None
        return RecordingMemory(self.since, self.stopped)

    def restore(self, memory: RecordingMemory | None) -> None:
        """What somebody has stopped stays so. That it goes on is the recorder's business, who says so."""
        self.stopped = memory is not None and memory.stopped

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
        self.stopped = True
        return Outcome(effects=[EndCapture()])

    @rule(RecordingBegan)
    def began(self, command: RecordingBegan) -> Outcome:
        """The recorder records."""
        self.since = command.since_ms
        self.stopped = False
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
