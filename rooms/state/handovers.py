"""Handovers between interpreters of one language: offered or asked for, accepted, and done when it is time. Pure.

Interpreters take turns. A handover says when: at that moment each page turns its own microphone on or off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rooms.protocol import (
    AcceptHandover,
    CancelHandover,
    Handover,
    HandoverChanged,
    HandoverDue,
    OfferHandover,
    RequestHandover,
)
from rooms.protocol.errors import Refused
from rooms.state.commands import HandoverEnded
from rooms.state.outcome import Event, Later, Outcome
from rooms.state.rules import Context, rule

if TYPE_CHECKING:
    from rooms.state.interpretation import Interpretation
    from rooms.state.peer import Peer
    from rooms.state.roster import People

# An offer that nobody accepts counts for so long.
OFFER_KEPT_MS: Final = 60_000


class Handovers:
    """At most one a language; only its interpreters hear of it."""

    def __init__(self, people: People, interpretation: Interpretation) -> None:
        self._people = people
        self._interpretation = interpretation
        self._open: dict[str, Handover] = {}

    def seen_by(self, peer: Peer) -> Handover | None:
        """The one in their language."""
        return self._open.get(peer.language)

    @rule(OfferHandover)
    def offer(self, request: OfferHandover, context: Context) -> Outcome:
        """An interpreter who is live wants to be relieved."""
        peer, others = self._find(context)
        if not peer.live:
            raise Refused("notAllowed", "Your microphone is off, so there is nothing to hand over.")
        if not others:
            raise Refused("notAllowed", "Nobody else interprets into your language at the moment.")
        return self._begin(peer, Handover(peer.info.id, "", request.seconds, context.now_ms + OFFER_KEPT_MS))

    @rule(RequestHandover)
    def request(self, request: RequestHandover, context: Context) -> Outcome:
        """An interpreter wants to relieve whoever is live."""
        peer, others = self._find(context)
        if not any(other.live for other in others):
            raise Refused("notAllowed", "Nobody else is live in your language: just turn your microphone on.")
        return self._begin(peer, Handover("", peer.info.id, request.seconds, context.now_ms + OFFER_KEPT_MS))

    @rule(AcceptHandover)
    def accept(self, _request: AcceptHandover, context: Context) -> Outcome:
        """The other side agrees, and the time runs."""
        peer, _ = self._find(context)
        found = self._open.get(peer.language)
        if found is None or found.due_at is not None:
            raise Refused("notFound", "There is no handover to accept any more.")
        if peer.info.id in {found.giver, found.taker}:
            raise Refused("notAllowed", "The others have to accept it.")
        if not found.giver and not peer.live:
            raise Refused("notAllowed", "Only who is live can accept this.")
        due_at = context.now_ms + 1000 * found.seconds
        accepted = msgspec.structs.replace(
            found, giver=found.giver or peer.info.id, taker=found.taker or peer.info.id, due_at=due_at
        )
        return Outcome([self._set(peer.language, accepted)], [Later(HandoverEnded(peer.language), due_at)])

    @rule(CancelHandover)
    def cancel(self, _request: CancelHandover, context: Context) -> Outcome:
        """Somebody of this language calls it off."""
        peer, _ = self._find(context)
        if peer.language not in self._open:
            raise Refused("notFound", "There is no handover any more.")
        return Outcome([self._set(peer.language, None)])

    @rule(HandoverEnded)
    def end(self, command: HandoverEnded, context: Context) -> Outcome:
        """It is done, or nobody has accepted it; of an earlier one there is nothing to do."""
        found = self._open.get(command.language)
        if found is None:
            return Outcome()
        at = found.expires_at if found.due_at is None else found.due_at
        if context.now_ms < at:
            return Outcome(effects=[Later(command, at)])
        outcome = Outcome([self._set(command.language, None)])
        if found.due_at is not None:
            both = frozenset((found.giver, found.taker))
            outcome.events.append(Event(HandoverDue(found.giver, found.taker), among=both))
        return outcome

    def check(self) -> list[Event]:
        """Call off what can't be any more, after interpreters have gone or interpretation was turned off."""
        events = []
        for language, found in list(self._open.items()):
            here = {peer.info.id for peer in self._interpretation.interpreters(language)}
            if not {found.giver, found.taker} - {""} <= here or len(here) < 2:
                events.append(self._set(language, None))
        return events

    def _find(self, context: Context) -> tuple[Peer, list[Peer]]:
        """Who asks, and the others of their language. Raises `Refused`."""
        peer = self._people.find(context.peer_id)
        interpreters = self._interpretation.interpreters(peer.language)
        if peer.info.id not in {one.info.id for one in interpreters}:
            raise Refused("notAllowed", "Only interpreters can hand over, while interpretation is on.")
        return peer, [other for other in interpreters if other is not peer]

    def _begin(self, peer: Peer, handover: Handover) -> Outcome:
        if peer.language in self._open:
            raise Refused("notAllowed", "Another handover is under way in your language.")
        ends = Later(HandoverEnded(peer.language), handover.expires_at)
        return Outcome([self._set(peer.language, handover)], [ends])

    def _set(self, language: str, handover: Handover | None) -> Event:
        """Keep it, and tell everybody who interprets into this language."""
        if handover is None:
            del self._open[language]
        else:
            self._open[language] = handover
        everybody = [peer.info.id for peer in self._people.tiles.values() if peer.language == language]
        return Event(HandoverChanged(handover), among=frozenset(everybody))
