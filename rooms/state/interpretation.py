"""Language interpretation: which languages there are, who hears which, and what follows for media. Pure.

A channel is one language: all who interpret into it, and all who have chosen it. It is there as long as interpretation
is on and an interpreter is in, and for `LANGUAGE_KEPT_MS` after the last one has gone. The original is no channel:
everybody hears it. Source: the tutorial's "Language Interpretation (beta)".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from rooms.protocol import (
    ChooseLanguage,
    InterpretationChanged,
    InterpretedLanguage,
    ListeningChanged,
)
from rooms.protocol import Interpretation as Told
from rooms.protocol.errors import Refused
from rooms.state.commands import LanguageExpired
from rooms.state.outcome import ConsumeProducer, Event, Later, Outcome, StopConsuming
from rooms.state.recent import Recent
from rooms.state.rules import Context, rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rooms.protocol import ListeningReason, ProducerInfo
    from rooms.state.identity import Identity
    from rooms.state.peer import Peer
    from rooms.state.roster import People

# A language can be chosen for so long after its last interpreter has gone (spec: 30 seconds).
LANGUAGE_KEPT_MS: Final = 30_000
# So many whose connection was lost, or taken over, are remembered by what they heard, the newest.
MAX_REMEMBERED: Final = 4000
OWN_LANGUAGE: Final = "You interpret into this language yourself: listen to the original or to another one."
NO_SUCH_LANGUAGE: Final = "Nobody interprets into this language at the moment."


@dataclass
class _Channel:
    """`interpreters` and `listeners` are peer ids in order of coming. `expires_at` while there is no interpreter."""

    name: str
    interpreters: dict[str, None] = field(default_factory=dict)
    listeners: dict[str, None] = field(default_factory=dict)
    expires_at: int | None = None


@dataclass(frozen=True)
class _Choice:
    """What somebody heard when they were lost, and whether they had chosen it."""

    language: str
    chosen: bool
    identity: Identity


class Interpretation:
    """Who hears what is noted with each peer; the channels have both ends at hand, so that nobody else is looked at.

    `decided` is what a moderator has said, None where none has: then an interpreter's coming turns it on. `recorded`
    where the account has the channels recorded as well.
    """

    def __init__(self, people: People) -> None:
        self._people = people
        self.enabled = False
        self.decided: bool | None = None
        self.recorded = False
        self._channels: dict[str, _Channel] = {}
        self._lost: Recent[_Choice] = Recent(MAX_REMEMBERED)

    def restore(self, *, decided: bool | None) -> None:
        """Begin with what a moderator had said before."""
        self.decided, self.enabled = decided, bool(decided)

    # --- questions --------------------------------------------------------------------------------

    @property
    def told(self) -> Told:
        """As everybody sees it."""
        languages = [
            InterpretedLanguage(tag, channel.name, list(channel.interpreters), channel.expires_at)
            for tag, channel in self._channels.items()
        ]
        return Told(self.enabled, languages)

    def interpreters(self, language: str) -> list[Peer]:
        """Who interprets into a language at the moment, in the order of coming."""
        channel = self._channels.get(language)
        return [] if channel is None else [self._people.find(peer_id) for peer_id in channel.interpreters]

    def receivers(self, interpreter: Peer) -> tuple[str, ...]:
        """Who gets what an interpreter sends: who has chosen their language, and the others who interpret into it."""
        channel = self._channels.get(interpreter.language)
        if channel is None or interpreter.info.id not in channel.interpreters:
            return ()
        return tuple(one for one in (*channel.listeners, *channel.interpreters) if one != interpreter.info.id)

    def may_consume(self, peer: Peer, producer: ProducerInfo) -> bool:
        """Whether somebody is sent this: all of the original, and of the interpreters' what they have chosen."""
        channel = self._channels.get(producer.language)
        if not producer.language or channel is None:
            return not producer.language
        return peer.info.id in channel.listeners or peer.info.id in channel.interpreters

    # --- coming and going -------------------------------------------------------------------------

    def enter(self, peer: Peer) -> Outcome:
        """Somebody comes in: with the language that they heard before, or that their link asks for, if it is there."""
        self.recorded |= peer.entry.ticket.interpretation_recorded
        noted = self._lost.get(peer.info.id)
        language = peer.entry.ticket.preselected
        if noted is not None and peer.entry.identity.proves(noted.identity):
            del self._lost[peer.info.id]
            peer.chose_language = noted.chosen
            language = noted.language if noted.chosen else language
        if language != peer.language and language in self._channels:
            self._channels[language].listeners[peer.info.id] = None
            peer.listening = language
        if not peer.language:
            return Outcome()
        if self.decided is None:
            self.enabled = True
        return Outcome(self._appear([peer], but=peer.info.id) if self.enabled else [])

    def exit(self, peer: Peer, now_ms: int, *, returns: bool) -> Outcome:
        """Somebody is gone; what they heard is kept for those who may come back. What they sent is closed already."""
        if returns and (peer.listening or peer.chose_language):
            choice = _Choice(peer.listening, peer.chose_language, peer.entry.identity)
            self._lost.keep(peer.info.id, choice)
        if peer.listening:
            self._channels[peer.listening].listeners.pop(peer.info.id, None)
        channel = self._channels.get(peer.language)
        if channel is None or peer.info.id not in channel.interpreters:
            return Outcome()
        del channel.interpreters[peer.info.id]
        effects: list[Later] = []
        if not channel.interpreters:
            channel.expires_at = now_ms + LANGUAGE_KEPT_MS
            effects.append(Later(LanguageExpired(peer.language), channel.expires_at))
        return Outcome([self._changed()], [*effects])

    @rule(LanguageExpired)
    def expire(self, command: LanguageExpired, context: Context) -> Outcome:
        """No interpreter came back in time: whoever heard them hears the original."""
        channel = self._channels.get(command.language)
        if channel is None or channel.expires_at is None:
            return Outcome()
        if context.now_ms < channel.expires_at:  # one came and went meanwhile
            return Outcome(effects=[Later(command, channel.expires_at)])
        del self._channels[command.language]
        return Outcome([self._changed(), *self._to_the_original(channel, "lost")])

    # --- what people do ---------------------------------------------------------------------------

    @rule(ChooseLanguage)
    def choose(self, request: ChooseLanguage, context: Context) -> Outcome:
        """A participant hears another language beside the original, or the original only."""
        peer = self._people.find(context.peer_id)
        language = request.language
        if language and language == peer.language:
            raise Refused("notAllowed", OWN_LANGUAGE)
        if language and language not in self._channels:
            raise Refused("notFound", NO_SUCH_LANGUAGE)
        peer.chose_language = True
        return Outcome() if language == peer.listening else self._listen(peer, language, "chosen")

    def decide(self, *, enabled: bool) -> Outcome:
        """A moderator turns interpretation on or off. What they have said counts until they say something else."""
        self.decided = enabled
        if enabled == self.enabled:
            return Outcome()
        self.enabled = enabled
        return self._turn_on() if enabled else self._turn_off()

    def _turn_on(self) -> Outcome:
        outcome = Outcome(self._appear([peer for peer in self._people.tiles.values() if peer.language]))
        for tag in self._channels:
            for interpreter in self.interpreters(tag):
                outcome.effects += self._handed_out(interpreter, self.receivers(interpreter))
        return outcome

    def _turn_off(self) -> Outcome:
        outcome = Outcome()
        for tag in self._channels:
            for interpreter in self.interpreters(tag):
                outcome.effects += self._taken_back(interpreter, self.receivers(interpreter))
        channels, self._channels = self._channels, {}
        outcome.events.append(self._changed())
        for channel in channels.values():
            outcome.events += self._to_the_original(channel, "off")
        return outcome

    # --- inside -----------------------------------------------------------------------------------

    def _changed(self, but: str | None = None) -> Event:
        return Event(InterpretationChanged(self.told), but=but)

    def _appear(self, interpreters: Iterable[Peer], but: str | None = None) -> list[Event]:
        """Interpreters speak into their channels from now on. Whose link asks for a new one hears it."""
        new = set()
        for peer in interpreters:
            if peer.language not in self._channels:
                self._channels[peer.language] = _Channel(peer.entry.ticket.language_name)
                new.add(peer.language)
            channel = self._channels[peer.language]
            channel.interpreters[peer.info.id] = None
            channel.expires_at = None
        events = [self._changed(but)]
        for language in sorted(new):
            waited = [peer for peer in self._people.everybody if self._waits_for(peer, language)]
            for peer in waited:
                peer.listening = language
                self._channels[language].listeners[peer.info.id] = None
            if waited:
                told = frozenset(peer.info.id for peer in waited)
                events.append(Event(ListeningChanged(language, "preselected"), among=told))
        return events

    @staticmethod
    def _waits_for(peer: Peer, language: str) -> bool:
        return peer.entry.ticket.preselected == language != peer.language and not peer.chose_language

    def _listen(self, peer: Peer, language: str, reason: ListeningReason) -> Outcome:
        """Change what somebody hears, the new before the old is taken away."""
        outcome = Outcome([Event(ListeningChanged(language, reason), only=peer.info.id)])
        before, peer.listening = peer.listening, language
        if language:
            self._channels[language].listeners[peer.info.id] = None
            for interpreter in self.interpreters(language):
                outcome.effects += self._handed_out(interpreter, (peer.info.id,))
        if before:
            del self._channels[before].listeners[peer.info.id]
            for interpreter in self.interpreters(before):
                outcome.effects += self._taken_back(interpreter, (peer.info.id,))
        return outcome

    def _to_the_original(self, channel: _Channel, reason: ListeningReason) -> list[Event]:
        """Who heard a channel that is gone hears the original; where there are no more producers of it, or will be."""
        for peer_id in channel.listeners:
            self._people.find(peer_id).listening = ""
        return [Event(ListeningChanged("", reason), among=frozenset(channel.listeners))] if channel.listeners else []

    @staticmethod
    def _handed_out(interpreter: Peer, receivers: tuple[str, ...]) -> list[ConsumeProducer]:
        sent = interpreter.info.producers if receivers else []
        return [ConsumeProducer(interpreter.info.id, producer, receivers) for producer in sent]

    @staticmethod
    def _taken_back(interpreter: Peer, receivers: tuple[str, ...]) -> list[StopConsuming]:
        sent = interpreter.info.producers if receivers else []
        return [StopConsuming(interpreter.info.id, producer, receivers) for producer in sent]
