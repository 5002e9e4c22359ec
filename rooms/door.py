"""A room's door: who waits, who is known, who was removed, and whether it is locked. Pure.

The room asks `People.check_moderator` first where a moderator is at work; here is only what the door does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rooms.errors import Refused
from rooms.outcome import Event, OpenDoor, Outcome
from rooms.protocol import Kicked, KickedPeer, KickEnded, Knocked, KnockEnded, WaitingPeer
from rooms.recent import Recent

if TYPE_CHECKING:
    from rooms.commands import AdmitPeer, Enter, Knock
    from rooms.rules import RuleBook

MAX_WAITING: Final = 200
# So many who were in are remembered, those who went last; and so many who were removed.
MAX_KNOWN: Final = 4000
MAX_KICKED: Final = 500


class Door:
    """Nothing here keeps a room alive but who waits."""

    def __init__(self, rules: RuleBook) -> None:
        self._rules = rules
        self._waiting: dict[str, WaitingPeer] = {}
        # Who was in, or was let in, needs not wait again: a page that is loaded anew has left for a moment.
        self._known: Recent[None] = Recent(MAX_KNOWN)
        # Who was removed, and what they are told.
        self._kicked: Recent[tuple[KickedPeer, str]] = Recent(MAX_KICKED)
        # Once a moderator has decided who waits, tokens and links don't any more: loading a page anew undoes nothing.
        self._decided = False

    @property
    def somebody_waits(self) -> bool:
        """Whether anybody does."""
        return bool(self._waiting)

    @property
    def waiting(self) -> list[WaitingPeer]:
        """Who waits, the first first."""
        return list(self._waiting.values())

    @property
    def kicked(self) -> list[KickedPeer]:
        """Who was removed and not let back."""
        return [kicked for kicked, _ in self._kicked.values()]

    def name_of(self, peer_id: str) -> str | None:
        """Under which name somebody waits, if they do."""
        waiting = self._waiting.get(peer_id)
        return None if waiting is None else waiting.display_name

    # --- coming in --------------------------------------------------------------------------------

    def must_wait(self, entry: Enter, *, inside: bool) -> bool:
        """Whether a moderator has to let this participant in."""
        if entry.role == "moderator" or inside or entry.peer_id in self._known:
            return False
        return self._rules.current.waiting_room or (entry.waiting_room and not self._decided)

    def check_enter(self, entry: Enter, *, inside: bool) -> None:
        """Raise `Refused` if this participant can't come in now."""
        self._check(entry.peer_id, welcome=inside or entry.role == "moderator")

    def entered(self, peer_id: str) -> list[Event]:
        """Somebody is in; if they waited too, they don't any more."""
        if self._waiting.pop(peer_id, None) is None:
            return []
        return [Event(KnockEnded(peer_id), audience="moderators", but=peer_id)]

    def remember(self, peer_id: str) -> None:
        """They may come in without waiting from now on."""
        self._known.keep(peer_id, None)

    def knock(self, command: Knock, now_ms: int) -> Outcome:
        """Somebody waits, perhaps once more."""
        again = command.peer_id in self._waiting
        self._check(command.peer_id, welcome=again)
        if not again and len(self._waiting) >= MAX_WAITING:
            raise Refused("roomFull", "Too many people are waiting already. Please try again later.")
        waiting = WaitingPeer(command.peer_id, command.display_name, now_ms)
        self._waiting[command.peer_id] = waiting
        return Outcome([Event(Knocked(waiting), audience="moderators")])

    def give_up(self, peer_id: str) -> Outcome:
        """Somebody doesn't wait any more."""
        if self._waiting.pop(peer_id, None) is None:
            return Outcome()
        return Outcome([Event(KnockEnded(peer_id), audience="moderators")])

    def _check(self, peer_id: str, *, welcome: bool) -> None:
        if (kicked := self._kicked.get(peer_id)) is not None:
            raise Refused("kicked", kicked[1])
        if self._rules.current.locked and not welcome and peer_id not in self._known:
            raise Refused("roomLocked", "The room is locked.")

    # --- what moderators do -----------------------------------------------------------------------

    def admit(self, command: AdmitPeer) -> Outcome:
        """Let somebody in who waits, or turn them away."""
        if command.peer_id not in self._waiting:
            raise Refused("notFound", "This participant doesn't wait any more.")
        return self._open(command.peer_id, admitted=command.admitted)

    def admit_all(self, *, admitted: bool) -> Outcome:
        """The same for all who wait."""
        outcome = Outcome()
        for peer_id in list(self._waiting):
            outcome += self._open(peer_id, admitted=admitted)
        return outcome

    def set_waiting_room(self, *, enabled: bool) -> Outcome:
        """Newcomers wait from now on, or don't; then those who wait come in."""
        self._decided = True
        outcome = Outcome(self._rules.change({"waiting_room": enabled}))
        if not enabled:
            outcome += self.admit_all(admitted=True)
        return outcome

    def close(self, but: str) -> list[Event]:
        """A moderator's token wants a waiting room, if none of them has decided otherwise."""
        return [] if self._decided else self._rules.change({"waiting_room": True}, but)

    def kick(self, peer_id: str, display_name: str, message: str, now_ms: int) -> Outcome:
        """Somebody can't come back under this id, and doesn't wait any more; `message` is what they are told."""
        kicked = KickedPeer(peer_id, display_name, now_ms)
        outcome = self.give_up(peer_id)
        outcome.events.append(Event(Kicked(kicked), audience="moderators"))
        forgotten = self._kicked.keep(peer_id, (kicked, message))
        if forgotten is not None:
            outcome.events.append(Event(KickEnded(forgotten), audience="moderators"))
        return outcome

    def let_back(self, peer_id: str) -> Outcome:
        """Somebody who was removed may come back, as they could before."""
        if self._kicked.pop(peer_id, None) is None:
            raise Refused("notFound", "This participant was not removed.")
        return Outcome([Event(KickEnded(peer_id), audience="moderators")])

    def _open(self, peer_id: str, *, admitted: bool) -> Outcome:
        outcome = self.give_up(peer_id)
        if admitted:
            self.remember(peer_id)
        outcome.effects.append(OpenDoor(peer_id, admitted))
        return outcome
