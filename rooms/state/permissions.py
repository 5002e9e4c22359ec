"""What moderators have set for a room and for single participants, and what everybody may therefore do. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

import msgspec

from rooms.protocol import Device, Overrides, Permissions, PermissionsChanged, Rules, RulesChanged
from rooms.state.memory import Decided, RuleMemory
from rooms.state.outcome import Event
from rooms.state.recent import Recent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rooms.state.identity import Identity
    from rooms.state.peer import Peer

# So many who are not on stage any more are remembered by what was decided for them, the newest.
MAX_REMEMBERED: Final = 4000
NOTHING: Final = Overrides()
DEVICES: Final[tuple[Device, ...]] = get_args(Device)


class RuleBook:
    """The rules as they stand. `hands_enabled` begins with a moderator whose token says so, and lasts.

    Overrides are kept with who has a tile; `note` and `recall` keep them while somebody is away from it.
    """

    def __init__(self) -> None:
        self.current = Rules()
        self.hands_enabled = False
        self._noted: Recent[tuple[Overrides, Identity]] = Recent(MAX_REMEMBERED)

    def memory(self, inside: Iterable[Peer]) -> RuleMemory:
        """What counts after a node's restart; `inside` is who is in."""
        noted = [(peer_id, *decided) for peer_id, decided in self._noted.items()]
        noted += [(one.info.id, one.info.overrides, one.entry.identity) for one in inside]
        decided = [Decided(*one) for one in noted if one[1] != NOTHING]
        return RuleMemory(self.current, self.hands_enabled, decided)

    def restore(self, memory: RuleMemory) -> None:
        """Begin with what counted before."""
        self.current, self.hands_enabled = memory.rules, memory.hands_enabled
        for one in memory.overrides:
            self._noted.keep(one.peer_id, (one.overrides, one.identity))

    def change(self, changes: dict[str, bool], but: str | None = None) -> list[Event]:
        """Set fields of `Rules`; nothing is told where that changes nothing."""
        changed = msgspec.structs.replace(self.current, **changes)
        if changed == self.current:
            return []
        self.current = changed
        return [Event(RulesChanged(changed), but=but)]

    def permits(self, peer: Peer, device: Device) -> bool:
        """Whether somebody may use a device at the moment."""
        if not peer.has(device) or peer.moderator:
            return peer.has(device)
        override: bool | None = getattr(peer.info.overrides, device)
        if peer.interpreter:  # the rules are about what everybody hears
            return bool(peer.language) and override is not False
        return bool(getattr(self.current, device)) if override is None else override

    def permissions(self, peer: Peer) -> Permissions:
        """Everything that somebody may do at the moment."""
        return Permissions(
            mic=self.permits(peer, "mic"),
            camera=self.permits(peer, "camera"),
            screen=self.permits(peer, "screen"),
            chat=not peer.entry.ticket.chat_disabled,
            hand=peer.entry.ticket.hand_enabled or self.hands_enabled,
            moderate=peer.moderator,
            record=peer.records,
            interpretation=peer.moderator and peer.entry.ticket.interpretation,
        )

    def permissions_event(self, peer: Peer) -> Event:
        """That somebody may do more or less; for nobody but them."""
        return Event(PermissionsChanged(self.permissions(peer), peer.viewer), only=peer.info.id)

    def note(self, peer: Peer) -> None:
        """Keep what was decided for somebody who leaves their tile, so that coming again changes nothing."""
        if peer.info.overrides != NOTHING:
            self._noted.keep(peer.info.id, (peer.info.overrides, peer.entry.identity))
            peer.info.overrides = NOTHING

    def recall(self, peer: Peer) -> None:
        """What was decided for somebody earlier counts again, unless they moderate now.

        Of what was allowed, only if they show that it is them.
        """
        noted, identity = self._noted.pop(peer.info.id, (NOTHING, peer.entry.identity))
        if not peer.entry.identity.proves(identity):
            noted = Overrides(**{device: False for device in DEVICES if getattr(noted, device) is False})
        peer.info.overrides = NOTHING if peer.moderator else noted

    def forget(self, device: Device) -> None:
        """What was decided about a device for people who are away does not count any more."""
        for peer_id, (overrides, identity) in list(self._noted.items()):
            left = msgspec.structs.replace(overrides, **{device: None})
            self._noted[peer_id] = (left, identity)
            if left == NOTHING:
                del self._noted[peer_id]
