"""A room's waiting room: who waits, who is known, who was removed, and whether the room is locked. Pure.

That moderators' requests come from moderators has been checked by `RoomState.apply`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from rooms.protocol import (
    Admit,
    AdmitAll,
    Kicked,
    KickedPeer,
    KickEnded,
    Knocked,
    KnockEnded,
    LetBack,
    SetWaitingRoom,
    WaitingPeer,
)
from rooms.protocol.errors import Refused
from rooms.state.commands import GiveUp
from rooms.state.identity import STRENGTH
from rooms.state.memory import Known, Removed, WaitingRoomMemory
from rooms.state.outcome import AnswerWaiting, Event, Outcome, SendAway
from rooms.state.recent import Recent
from rooms.state.rules import rule
from rooms.state.waiting_places import WaitingPlaces

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rooms.state.commands import Enter, Wait
    from rooms.state.identity import Identity
    from rooms.state.peer import Peer
    from rooms.state.permissions import RuleBook

MAX_WAITING: Final = 200
TOO_MANY_WAIT: Final = "Too many people are waiting already. Please try again later."
# So many who were in are remembered, those who went last; and so many who were removed.
MAX_KNOWN: Final = 4000
MAX_KICKED: Final = 500
TAKEN: Final = "Somebody else is in this meeting with this id. Open the link that you were given yourself."


@dataclass(frozen=True)
class _Removal:
    """A participant who was removed, what they are told, and what stood behind their id."""

    peer: KickedPeer
    message: str
    identity: Identity


class WaitingRoom:
    """Who may come in. Nothing here keeps a room alive but who waits."""

    def __init__(self, rules: RuleBook) -> None:
        self._rules = rules
        self._waiting: dict[str, tuple[WaitingPeer, Identity]] = {}
        self._places = WaitingPlaces()
        # Who was in, or was let in, needs not wait again: a page that is loaded anew has left for a moment.
        self._known: Recent[Identity] = Recent(MAX_KNOWN)
        self._kicked: Recent[_Removal] = Recent(MAX_KICKED)
        # The pages of those who were removed, with the id that each had then.
        self._kicked_pages: dict[str, str] = {}
        # Once a moderator has decided who waits, tokens and links don't any more: loading a page anew undoes nothing.
        self._decided = False
        # Whether anybody was let in by a moderator.
        self._opened = False

    @property
    def somebody_waits(self) -> bool:
        """Whether anybody does."""
        return bool(self._waiting)

    @property
    def waiting(self) -> list[WaitingPeer]:
        """Who waits, the first first."""
        return [waiting for waiting, _ in self._waiting.values()]

    @property
    def kicked(self) -> list[KickedPeer]:
        """Who was removed and not let back."""
        return [removal.peer for removal in self._kicked.values()]

    def who_waits(self, peer_id: str) -> tuple[str, Identity] | None:
        """Under which name somebody waits, and what stands behind their id, if they do."""
        waiting = self._waiting.get(peer_id)
        return None if waiting is None else (waiting[0].display_name, waiting[1])

    def knows(self, peer_id: str, identity: Identity) -> bool:
        """Whether it is shown to be somebody who was in, or was let in."""
        known = self._known.get(peer_id)
        return known is not None and identity.proves(known)

    @property
    def guarded(self) -> bool:
        """Whether somebody must stay outside, or a moderator has decided who may come in."""
        return bool(self._kicked) or self._decided or self._opened

    def memory(self, inside: Iterable[Peer]) -> WaitingRoomMemory:
        """Who is known after a node's restart; `inside` is who is in."""
        known = [Known(peer_id, identity) for peer_id, identity in self._known.items()]
        known += [Known(one.info.id, replace(one.entry.identity, moderator=False)) for one in inside]
        removed = [Removed(removal.peer, removal.message, removal.identity) for removal in self._kicked.values()]
        return WaitingRoomMemory(self._decided, known[-MAX_KNOWN:], removed)

    def restore(self, memory: WaitingRoomMemory) -> None:
        """Begin with those who were known before."""
        self._decided, self._opened = memory.decided, True
        for known in memory.known:
            self._known.keep(known.peer_id, known.identity)
        for one in memory.removed:
            self._kicked.keep(one.peer.peer_id, _Removal(one.peer, one.message, one.identity))
            if one.identity.session:
                self._kicked_pages[one.identity.session] = one.peer.peer_id

    # --- coming in --------------------------------------------------------------------------------

    def must_wait(self, entry: Enter, inside: Identity | None) -> bool:
        """Whether a moderator has to let this participant in; `inside` is who has their id now."""
        if self._welcome(entry.peer_id, entry.identity, inside):
            return False
        return self._rules.current.waiting_room or (entry.ticket.waiting_room and not self._decided)

    def check_enter(self, entry: Enter, inside: Identity | None) -> None:
        """Raise `Refused` if this participant can't come in now; `inside` is who has their id now."""
        self._check(entry.peer_id, entry.identity, inside, welcome=self._welcome(entry.peer_id, entry.identity, inside))

    def entered(self, peer_id: str) -> list[Event]:
        """A participant is in; if they waited too, they don't any more."""
        self._places.remove(peer_id)
        if self._waiting.pop(peer_id, None) is None:
            return []
        return [Event(KnockEnded(peer_id), audience="moderators", but=peer_id)]

    def remember(self, peer_id: str, identity: Identity) -> None:
        """A participant may come in without waiting from now on, if they show that it is them."""
        self._known.keep(peer_id, replace(identity, moderator=False))

    def wait(self, command: Wait, now_ms: int) -> Outcome:
        """A participant waits, perhaps once more."""
        waits = self._waiting.get(command.peer_id)
        again = waits is not None and command.identity.proves(waits[1])
        self._check(command.peer_id, command.identity, None, welcome=again)
        outcome = self._make_place(command) if waits is None else Outcome()
        waiting = WaitingPeer(command.peer_id, command.display_name, now_ms)
        self._waiting[command.peer_id] = (waiting, command.identity)
        self._places.add(command)
        outcome.events.append(Event(Knocked(waiting), audience="moderators"))
        return outcome

    def _make_place(self, command: Wait) -> Outcome:
        """Turn somebody away if too many wait. Raises `Refused` where nobody has to make place."""
        if len(self._waiting) < MAX_WAITING:
            return Outcome()
        displaced = self._places.displaced_by(command)
        if displaced is None:
            raise Refused("roomFull", TOO_MANY_WAIT)
        display_name = self._waiting[displaced][0].display_name
        outcome = self.give_up(displaced)
        outcome.effects.append(SendAway(displaced, display_name, "roomFull", TOO_MANY_WAIT))
        return outcome

    @rule(GiveUp)
    def given_up(self, command: GiveUp) -> Outcome:
        """A participant's connection is gone while they waited."""
        return self.give_up(command.peer_id)

    def give_up(self, peer_id: str) -> Outcome:
        """A participant doesn't wait any more."""
        self._places.remove(peer_id)
        if self._waiting.pop(peer_id, None) is None:
            return Outcome()
        return Outcome([Event(KnockEnded(peer_id), audience="moderators")])

    def _welcome(self, peer_id: str, identity: Identity, inside: Identity | None) -> bool:
        """Whether neither a lock nor the waiting room is for them."""
        if identity.moderator or self.knows(peer_id, identity):
            return True
        return inside is not None and identity.proves(inside)

    def _check(self, peer_id: str, identity: Identity, inside: Identity | None, *, welcome: bool) -> None:
        removal = self._removal_of(peer_id, identity)
        if removal is not None:
            raise Refused("kicked", removal.message)
        if self._rules.current.locked and not welcome and not self.knows(peer_id, identity):
            raise Refused("roomLocked", "The room is locked.")
        waiting = self._waiting.get(peer_id)
        holders = (inside, None if waiting is None else waiting[1], self._known.get(peer_id))
        if any(holder is not None and not identity.may_replace(holder) for holder in holders):
            raise Refused("peerIdTaken", TAKEN)

    def _removal_of(self, peer_id: str, identity: Identity) -> _Removal | None:
        """Of the page, whatever id it has now; or of the id, unless somebody shows better that it is theirs."""
        page = self._kicked.get(self._kicked_pages.get(identity.session, "")) if identity.session else None
        removal = self._kicked.get(peer_id)
        if removal is not None and STRENGTH[identity.proof] > STRENGTH[removal.identity.proof]:
            removal = None
        return page or removal

    # --- what moderators do -----------------------------------------------------------------------

    @rule(Admit)
    def admit(self, request: Admit) -> Outcome:
        """A moderator lets somebody in who waits, or turns them away."""
        if request.peer_id not in self._waiting:
            raise Refused("notFound", "This participant doesn't wait any more.")
        return self._answer(request.peer_id, admitted=request.admitted)

    @rule(AdmitAll)
    def admit_all(self, request: AdmitAll) -> Outcome:
        """A moderator lets all in who wait, or turns all of them away."""
        outcome = Outcome()
        for peer_id in list(self._waiting):
            outcome += self._answer(peer_id, admitted=request.admitted)
        return outcome

    @rule(SetWaitingRoom)
    def set_waiting_room(self, request: SetWaitingRoom) -> Outcome:
        """A moderator has newcomers wait from now on, or not; then those who wait come in."""
        self._decided = True
        outcome = Outcome(self._rules.change({"waiting_room": request.enabled}))
        if not request.enabled:
            outcome += self.admit_all(AdmitAll(admitted=True))
        return outcome

    def require(self, but: str) -> list[Event]:
        """A moderator's token wants a waiting room, if none of them has decided otherwise."""
        return [] if self._decided else self._rules.change({"waiting_room": True}, but)

    def send_away(self, peer_id: str) -> Outcome:
        """A participant is removed who may come again: as anybody else, so a lock and the waiting room are for them."""
        self._known.pop(peer_id, None)
        return self.give_up(peer_id)

    def ban(self, peer_id: str, display_name: str, identity: Identity, message: str, now_ms: int) -> Outcome:
        """A participant can't come back, and doesn't wait any more; `message` is what they are told.

        That is for the page, whatever its peer id is later, and for the peer id.
        """
        kicked = KickedPeer(peer_id, display_name, now_ms)
        outcome = self.give_up(peer_id)
        outcome.events.append(Event(Kicked(kicked), audience="moderators"))
        if identity.session:
            self._kicked_pages[identity.session] = peer_id
        forgotten = self._kicked.keep(peer_id, _Removal(kicked, message, identity))
        if forgotten is not None:
            self._forget_pages(forgotten)
            outcome.events.append(Event(KickEnded(forgotten), audience="moderators"))
        return outcome

    @rule(LetBack)
    def let_back(self, request: LetBack) -> Outcome:
        """A moderator lets somebody come back who was removed, as they could before."""
        if self._kicked.pop(request.peer_id, None) is None:
            raise Refused("notFound", "This participant was not removed.")
        self._forget_pages(request.peer_id)
        return Outcome([Event(KickEnded(request.peer_id), audience="moderators")])

    def _forget_pages(self, peer_id: str) -> None:
        for session in [session for session, removed in self._kicked_pages.items() if removed == peer_id]:
            del self._kicked_pages[session]

    def _answer(self, peer_id: str, *, admitted: bool) -> Outcome:
        _, identity = self._waiting[peer_id]
        outcome = self.give_up(peer_id)
        if admitted:
            self._opened = True
            self.remember(peer_id, identity)
        outcome.effects.append(AnswerWaiting(peer_id, admitted))
        return outcome
