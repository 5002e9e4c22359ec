"""What people in a room send, what they may send, and how moderators stop, forbid and ask for it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rooms.protocol import (
    Allow,
    AllowAll,
    AskedToTurnOn,
    AskToTurnOn,
    CloseProducer,
    OverridesChanged,
    PauseProducer,
    ProducerAdded,
    ProducerInfo,
    ProducerPaused,
    ProducerRemoved,
    ResumeProducer,
    StopAllTracks,
    StopTrack,
    TrackStopped,
)
from rooms.protocol.errors import Refused
from rooms.state.commands import AddProducer
from rooms.state.outcome import CloseProducerMedia, ConsumeProducer, Event, ListenTo, Outcome, PauseMedia
from rooms.state.peer import BROADCAST, DEVICE_OF_SOURCE, KIND_OF_SOURCE
from rooms.state.rules import Context, rule

if TYPE_CHECKING:
    from media.ortc.parameters import MediaKind
    from rooms.protocol import Device, InterpreterProblem, Source
    from rooms.state.interpretation import Interpretation
    from rooms.state.peer import Peer
    from rooms.state.permissions import RuleBook
    from rooms.state.roster import People

TOO_MANY_BROADCASTERS: Final = "The limit of maximum active attendees is exceeded"
FORBIDDEN: Final[dict[Device, str]] = {
    "mic": "A moderator does not allow you to turn your microphone on.",
    "camera": "A moderator does not allow you to turn your camera on.",
    "screen": "A moderator does not allow you to share your screen.",
}
NOTHING_BUT_A_MICROPHONE: Final = "An interpreter has nothing but a microphone."
CANNOT_INTERPRET: Final[dict[InterpreterProblem, str]] = {
    "": "You may not interpret in this room.",
    "feature": "You can listen only: your link does not turn interpretation on (featureInterpreters in its token).",
    "language": "You can listen only: your link names no language that this account has (intLang in its token).",
    "account": "You can listen only: this account does without interpretation.",
}


class Devices:
    """Microphones, cameras and screens; what is sent of them is noted with each peer."""

    def __init__(self, people: People, rules: RuleBook, interpretation: Interpretation) -> None:
        self._people = people
        self._rules = rules
        self._interpretation = interpretation

    # --- what everybody does ----------------------------------------------------------------------

    def check_produce(self, peer: Peer, kind: MediaKind, source: Source, *, paused: bool) -> None:
        """Raise `Refused` unless this peer may start this source."""
        if KIND_OF_SOURCE[source] != kind:
            raise Refused("invalidData", f"The source {source} is of kind {KIND_OF_SOURCE[source]}, not {kind}.")
        self._check_permitted(peer, source)
        if peer.entry.ticket.check and source != "camera":
            raise Refused("notAllowed", "A check of the connection sends the camera's picture only.")
        if any(producer.source == source for producer in peer.info.producers):
            raise Refused("notAllowed", f"You are sending {source} already.")
        if source in BROADCAST and not paused:
            self._check_broadcasters(peer)

    @rule(AddProducer)
    def add(self, command: AddProducer) -> Outcome:
        """A participant begins to send something."""
        peer = self._people.find(command.peer_id)
        kind = KIND_OF_SOURCE[command.source]
        self.check_produce(peer, kind, command.source, paused=command.paused)
        producer = ProducerInfo(command.producer_id, kind, command.source, command.paused, peer.language)
        peer.info.producers.append(producer)
        outcome = Outcome([Event(ProducerAdded(command.peer_id, msgspec.structs.replace(producer)))])
        if command.source == "mic":
            on = not command.paused
            outcome.effects.append(ListenTo(command.peer_id, producer.id, on, peer.takes_part_in_talk))
        if peer.interpreter:
            receivers: tuple[str, ...] | None = self._interpretation.receivers(peer)
        else:
            receivers = (command.peer_id,) if peer.entry.ticket.check else None
        outcome.effects.append(ConsumeProducer(command.peer_id, producer, receivers))
        return outcome

    @rule(PauseProducer)
    def pause(self, request: PauseProducer, context: Context) -> Outcome:
        """A participant turns something off that they send."""
        peer = self._people.find(context.peer_id)
        return self._set_paused(peer, _producer(peer, request.producer_id), paused=True)

    @rule(ResumeProducer)
    def resume(self, request: ResumeProducer, context: Context) -> Outcome:
        """A participant turns something on again that they send."""
        peer = self._people.find(context.peer_id)
        return self._set_paused(peer, _producer(peer, request.producer_id), paused=False)

    def _set_paused(self, peer: Peer, producer: ProducerInfo, *, paused: bool) -> Outcome:
        if producer.paused == paused:
            return Outcome()
        if not paused:
            self._check_permitted(peer, producer.source)
            if producer.source in BROADCAST:
                self._check_broadcasters(peer)
        return _pause(peer, producer, paused=paused)

    @rule(CloseProducer)
    def remove(self, request: CloseProducer, context: Context) -> Outcome:
        """A participant ends something that they send."""
        peer = self._people.find(context.peer_id)
        return _end(peer, _producer(peer, request.producer_id))

    @staticmethod
    def remove_all(peer: Peer) -> Outcome:
        """End all that somebody sends."""
        outcome = Outcome()
        for producer in list(peer.info.producers):
            outcome += _end(peer, producer)
        return outcome

    def _check_permitted(self, peer: Peer, source: Source) -> None:
        device = DEVICE_OF_SOURCE[source]
        if not self._rules.permits(peer, device):
            reason = FORBIDDEN[device] if peer.has(device) else f"You may not send {source} in this room."
            if peer.interpreter and device != "mic":
                reason = NOTHING_BUT_A_MICROPHONE
            elif peer.interpreter and not peer.language:
                reason = CANNOT_INTERPRET[peer.entry.ticket.interpreter_problem]
            raise Refused("notAllowed", reason)

    def _check_broadcasters(self, peer: Peer) -> None:
        """Raise `Refused` if this peer's own limit of active attendees is reached by others (spec: maxBroadcasters).

        Interpreters don't count, nor are they limited.
        """
        limit = peer.entry.ticket.max_broadcasters
        if limit and not peer.interpreter and not peer.broadcasting:
            others = sum(other.broadcasting for other in self._people.tiles.values())
            if others >= limit:
                raise Refused("tooManyBroadcasters", TOO_MANY_BROADCASTERS)

    # --- what moderators do -----------------------------------------------------------------------

    @rule(StopTrack)
    def stop(self, request: StopTrack) -> Outcome:
        """A moderator turns off what somebody has on; they can turn it on again."""
        return _stop(self._people.find(request.peer_id), request.device)

    @rule(StopAllTracks)
    def stop_all(self, request: StopAllTracks, context: Context) -> Outcome:
        """A moderator turns off what all but themselves have on; they can turn it on again. Interpreters go on."""
        outcome = Outcome()
        for peer in self._people.tiles.values():
            if peer.info.id != context.actor and not peer.interpreter:
                outcome += _stop(peer, request.device)
        return outcome

    @rule(Allow)
    def allow(self, request: Allow) -> Outcome:
        """Decide for one peer, whatever the rules say."""
        peer = self._people.find(request.peer_id)
        if peer.moderator and not request.allowed:
            raise Refused("notAllowed", "A moderator's devices can't be forbidden.")
        _check_has(peer, request.device)
        return Outcome() if peer.moderator else self._override(peer, request.device, allowed=request.allowed)

    @rule(AllowAll)
    def allow_all(self, request: AllowAll) -> Outcome:
        """Decide for everybody but moderators and interpreters; what was decided for single ones is forgotten."""
        device = request.device
        peers = [peer for peer in self._people.tiles.values() if not peer.interpreter]
        before = [self._rules.permits(peer, device) for peer in peers]
        outcome = Outcome(self._rules.change({device: request.allowed}))
        self._rules.forget(device)
        for peer, permitted in zip(peers, before, strict=True):
            outcome += self._set_override(peer, device, None)
            outcome += self._enforce(peer, device, before=permitted)
        return outcome

    @rule(AskToTurnOn)
    def ask(self, request: AskToTurnOn, context: Context) -> Outcome:
        """Ask one peer to turn a device on, and allow it if it is forbidden."""
        peer = self._people.find(request.peer_id)
        _check_has(peer, request.device)
        outcome = Outcome()
        if not self._rules.permits(peer, request.device):
            outcome += self._override(peer, request.device, allowed=True)
        name = "" if context.actor is None else self._people.find(context.actor).info.display_name
        outcome.events.append(Event(AskedToTurnOn(request.device, name), only=request.peer_id))
        return outcome

    def _override(self, peer: Peer, device: Device, *, allowed: bool) -> Outcome:
        before = self._rules.permits(peer, device)
        outcome = self._set_override(peer, device, allowed)
        outcome += self._enforce(peer, device, before=before)
        return outcome

    @staticmethod
    def _set_override(peer: Peer, device: Device, allowed: bool | None) -> Outcome:  # noqa: FBT001 - None for no override
        overrides = msgspec.structs.replace(peer.info.overrides, **{device: allowed})
        if overrides == peer.info.overrides:
            return Outcome()
        peer.info.overrides = overrides
        return Outcome([Event(OverridesChanged(peer.info.id, overrides))])

    def _enforce(self, peer: Peer, device: Device, *, before: bool) -> Outcome:
        """What follows for somebody who was permitted a device `before`, or was not."""
        permitted = self._rules.permits(peer, device)
        if permitted == before:
            return Outcome()
        outcome = Outcome() if permitted else _stop(peer, device)
        outcome.events.append(self._rules.permissions_event(peer))
        return outcome


def _producer(peer: Peer, producer_id: str) -> ProducerInfo:
    producer = peer.producer(producer_id)
    if producer is None:
        raise Refused("notFound", "You have no such producer.")
    return producer


def _pause(peer: Peer, producer: ProducerInfo, *, paused: bool) -> Outcome:
    producer.paused = paused
    return Outcome(
        [Event(ProducerPaused(peer.info.id, producer.id, paused))], [PauseMedia(peer.info.id, producer.id, paused)]
    )


def _end(peer: Peer, producer: ProducerInfo) -> Outcome:
    peer.info.producers.remove(producer)
    return Outcome([Event(ProducerRemoved(peer.info.id, producer.id))], [CloseProducerMedia(peer.info.id, producer.id)])


def _stop(peer: Peer, device: Device) -> Outcome:
    """Pause a microphone or a camera, end a shared screen with its sound, and tell its owner if anything was on."""
    outcome = Outcome()
    for producer in peer.sent_by(device):
        if device == "screen":
            outcome += _end(peer, producer)
        elif not producer.paused:
            outcome += _pause(peer, producer, paused=True)
    if outcome.events:
        outcome.events.append(Event(TrackStopped(device), only=peer.info.id))
    return outcome


def _check_has(peer: Peer, device: Device) -> None:
    if peer.viewer:
        raise Refused("notAllowed", "They only watch at the moment. Bring them on stage first.")
    if not peer.has(device):
        raise Refused("notAllowed", NOTHING_BUT_A_MICROPHONE)
