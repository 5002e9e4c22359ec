"""All consumers that one stream is forwarded to, arranged for speed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from media.send.egress import Members
from media.send.gathering import GATHERED_FROM

if TYPE_CHECKING:
    from media.rtp.packet import Packet
    from media.send.egress import Egress
    from media.send.pacing import Pacing
    from media.send.rewriter import PacketRewriter


class Forwards:
    """The packet rewriters of a stream. Those that take every packet are grouped by socket, the others looped over.

    Video (`may_wait`) to those on a narrow link goes into their pacing, and to many others picture by picture.

    `packets` and `octets` count what an undisturbed consumer has been sent; consumers remember where they came in.
    """

    __slots__ = ("_all", "_groups", "_may_wait", "_paced", "_picky", "_stale", "octets", "packets")

    def __init__(self, *, may_wait: bool = False) -> None:
        self._may_wait = may_wait
        self._paced: list[tuple[PacketRewriter, Pacing]] = []
        self._all: list[PacketRewriter] = []
        self._groups: list[tuple[Egress, Members]] = []
        self._picky: list[PacketRewriter] = []
        self._stale = False
        self.packets = 0
        self.octets = 0

    def __len__(self) -> int:
        return len(self._all)

    def add(self, forward: PacketRewriter) -> None:
        """Forward to one more consumer from the next packet on."""
        self._all.append(forward)
        self._stale = True

    def remove(self, forward: PacketRewriter) -> None:
        """Stop forwarding to a consumer; unknown ones are ignored."""
        if forward in self._all:
            self._all.remove(forward)
            self._stale = True
            # Arranged anew before the next packet, which may never come: until then nobody is kept who has left.
            self._part()

    def changed(self) -> None:
        """A member's offsets or socket changed."""
        self._stale = True

    def send(self, packet: Packet) -> None:
        """Send one packet to everybody who should get it."""
        if self._stale:
            self._arrange()
        if packet.late:
            self._send_late(packet)
            return
        self.packets += 1
        self.octets += len(packet.data) - packet.payload_at
        for egress, members in self._groups:
            egress.fan_out(packet, members)
        for forward in self._picky:
            if forward.admits(packet) and forward.destination.egress is not None:
                forward.destination.egress.put(packet, forward)
        for forward, pacing in self._paced:
            if forward.admits(packet):
                pacing.put(packet, forward)

    def _send_late(self, packet: Packet) -> None:
        for forward in self._all:
            egress = forward.destination.egress
            if egress is not None and forward.destination.open and forward.admits_late(packet):
                pacing = self._pacing_of(forward)
                if pacing is not None:
                    pacing.put(packet, forward)
                else:
                    egress.put(packet, forward)

    def _pacing_of(self, forward: PacketRewriter) -> Pacing | None:
        pacing = forward.destination.pacing
        return pacing if self._may_wait and pacing is not None and pacing.active else None

    def _part(self) -> None:
        """Nobody is a member of anything; what waits for members of a group leaves before what they get another way."""
        for egress, members in self._groups:
            if len(members) > 1:  # else nothing waits for them as a group
                egress.flush()
        self._groups, self._picky, self._paced = [], [], []

    def _arrange(self) -> None:
        self._stale = False
        self._part()
        ready = [forward for forward in self._all if forward.destination.open]
        self._paced = [(forward, pacing) for forward in ready if (pacing := self._pacing_of(forward)) is not None]
        at_once = [forward for forward in ready if self._pacing_of(forward) is None]
        self._picky = [forward for forward in at_once if forward.drops]
        by_egress: dict[tuple[int, int], tuple[Egress, list[PacketRewriter]]] = {}
        copies: Counter[int] = Counter()
        for forward in at_once:
            egress = forward.destination.egress
            if egress is not None and not forward.drops:
                # Each transport once in a group: its numbers go on by one with each packet.
                copy = copies[id(forward.destination)]
                copies[id(forward.destination)] += 1
                by_egress.setdefault((id(egress), copy), (egress, []))[1].append(forward)
        self._groups = [
            (egress, Members(forwards, gathers=self._may_wait and len(forwards) >= GATHERED_FROM))
            for egress, forwards in by_egress.values()
        ]
