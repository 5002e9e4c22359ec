"""Every few seconds: how good is the connection of everybody in a room who has a tile. Nobody sees a viewer's."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from rooms.state.commands import SetQuality

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rooms.protocol import Quality
    from rooms.runtime.member import Member
    from rooms.state.commands import Command
    from rooms.state.machine import RoomState

QUALITY_INTERVAL_S: Final = 3.0
# Each with all that they receive: hundreds in one go would hold up the node.
MEASURED_AT_ONCE: Final = 5
# From so many tiles on a change is told only if it is judged alike twice. Who is between two grades, or sends too
# little to be judged now and then, would cost a message for each of hundreds every round.
SURE_FROM: Final = 40


def settled(told: Quality, before: Quality, judged: Quality) -> Quality:
    """What is told of somebody who is judged so, after what was told and how they were judged the time before. Pure."""
    return judged if told == "unknown" or judged == before else told


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
        # How everybody was judged last, and what was told of them.
        self._known: dict[str, tuple[Quality, Quality]] = {}
        self._timer = self._loop.call_later(QUALITY_INTERVAL_S, self.begin)

    def begin(self) -> None:
        """Judge everybody, and again after `QUALITY_INTERVAL_S`."""
        self._timer.cancel()
        self._timer = self._loop.call_later(QUALITY_INTERVAL_S, self.begin)
        self._known = {name: known for name, known in self._known.items() if name in self._state.tiles}
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
                judged = member.meter.measure(member.send_transport, member.recv_transport)
                before, told = self._known.get(peer_id, ("unknown", "unknown"))
                told = settled(told, before, judged) if len(self._state.tiles) >= SURE_FROM else judged
                self._known[peer_id] = judged, told
                self._apply(SetQuality(peer_id, told))
