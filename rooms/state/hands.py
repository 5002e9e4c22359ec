"""Raised hands. A viewer's are shown to moderators only, and to themselves. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rooms.protocol import HandChanged, LowerAllHands, LowerHand, RaiseHand, ViewerHand
from rooms.protocol.errors import Refused
from rooms.state.outcome import Event, Outcome
from rooms.state.rules import Context, rule

if TYPE_CHECKING:
    from rooms.state.peer import Peer
    from rooms.state.permissions import RuleBook
    from rooms.state.roster import People


class Hands:
    """Who has raised a hand is noted with each peer; viewers' hands are listed here as well."""

    def __init__(self, people: People, rules: RuleBook) -> None:
        self._people = people
        self._rules = rules
        self._viewers: dict[str, ViewerHand] = {}

    @property
    def of_viewers(self) -> list[ViewerHand]:
        """For moderators."""
        return list(self._viewers.values())

    @rule(RaiseHand)
    def set(self, request: RaiseHand, context: Context) -> Outcome:
        """A participant raises their hand or takes it down."""
        peer = self._people.find(context.peer_id)
        if request.raised and not self._rules.permissions(peer).hand:
            raise Refused("handDisabled", "Hands can't be raised in this room.")
        if request.raised == (peer.info.hand_raised_at is not None):
            return Outcome()
        peer.info.hand_raised_at = context.now_ms if request.raised else None
        return Outcome([self.show(peer)])

    @rule(LowerHand)
    def lower_one(self, request: LowerHand) -> Outcome:
        """A moderator takes a participant's hand down."""
        return Outcome(self.lower(self._people.find(request.peer_id)))

    @rule(LowerAllHands)
    def lower_all(self, _request: LowerAllHands) -> Outcome:
        """A moderator takes every hand down, viewers' too."""
        raised = [peer for peer in self._people.tiles.values() if peer.info.hand_raised_at is not None]
        raised += [self._people.find(peer_id) for peer_id in self._viewers]
        return Outcome([event for peer in raised for event in self.lower(peer)])

    def lower(self, peer: Peer) -> list[Event]:
        """Lower a hand, if it is up."""
        if peer.info.hand_raised_at is None:
            return []
        peer.info.hand_raised_at = None
        return [self.show(peer)]

    def show(self, peer: Peer) -> Event:
        """Take note of a hand, up or down, and how it is told."""
        at = peer.info.hand_raised_at
        message = HandChanged(peer.info.id, peer.info.display_name, peer.viewer, at)
        if not peer.viewer:
            return Event(message)
        if at is None:
            self._viewers.pop(peer.info.id, None)
        else:
            self._viewers[peer.info.id] = ViewerHand(peer.info.id, peer.info.display_name, at)
        return Event(message, audience="moderators", also=peer.info.id)

    def unlist(self, peer: Peer) -> list[Event]:
        """Take somebody's from the moderators' list of viewers' hands; the hand itself may stay up."""
        if self._viewers.pop(peer.info.id, None) is None:
            return []
        gone = HandChanged(peer.info.id, peer.info.display_name, viewer=True, raised_at=None)
        return [Event(gone, audience="moderators")]
