"""Every few seconds: how good is the connection of everybody in a room who has a tile. Nobody sees a viewer's."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from rooms.state.commands import SetQuality

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rooms.runtime.member import Member
    from rooms.state.commands import Command
    from rooms.state.machine import RoomState

QUALITY_INTERVAL_S: Final = 3.0
# Each with all that they receive: hundreds in one go would hold up the node.
MEASURED_AT_ONCE: Final = 5


class QualityRounds:
    """Of one room, from its making to `close`. `later` does something when it is its turn, `apply` tells the state."""

    def __init__(
        self,
        members: Mapping[str, Member],
        state: RoomState,
        later: Callable[[Callable[[], None]], None],
        apply: Callable[[Command], None],
    ) -> None:
        self._members = members
        self._state = state
        self._later = later
        self._apply = apply
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(QUALITY_INTERVAL_S, self.begin)

    def begin(self) -> None:
        """Judge everybody, and again after `QUALITY_INTERVAL_S`."""
        self._timer.cancel()
        self._timer = self._loop.call_later(QUALITY_INTERVAL_S, self.begin)
        self._judge(list(self._state.tiles))

    def close(self) -> None:
        """Begin no more. Idempotent."""
        self._timer.cancel()

    def _judge(self, peer_ids: list[str]) -> None:
        rest = peer_ids[MEASURED_AT_ONCE:]
        if rest:
            self._later(lambda: self._judge(rest))
        for peer_id in peer_ids[:MEASURED_AT_ONCE]:
            member = self._members.get(peer_id)
            if member is not None and peer_id in self._state.tiles:
                member.bitrates.measure(member.send_transport.producers.values(), self._loop.time())
                quality = member.meter.measure(member.send_transport, member.recv_transport)
                self._apply(SetQuality(peer_id, quality))
