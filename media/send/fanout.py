"""All consumers that one stream is forwarded to, arranged for speed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from media.send.batch_egress import ROWS
from media.send.egress import Members

if TYPE_CHECKING:
    from media.rtp.packet import Packet
    from media.send.egress import Egress
    from media.send.rewriter import PacketRewriter


class Forwards:
    """The packet rewriters of a stream. Those that take every packet are grouped by socket, the others looped over.

    `packets` and `octets` count what an undisturbed consumer has been sent; consumers remember where they came in.
    """

    __slots__ = ("_all", "_groups", "_picky", "_stale", "octets", "packets")

    def __init__(self) -> None:
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

    def _send_late(self, packet: Packet) -> None:
        for forward in self._all:
            egress = forward.destination.egress
            if egress is not None and forward.destination.open and forward.admits_late(packet):
                egress.put(packet, forward)

    def _arrange(self) -> None:
        self._stale = False
        self._picky = [f for f in self._all if f.drops and f.destination.open]
        by_egress: dict[tuple[int, int], tuple[Egress, list[PacketRewriter]]] = {}
        copies: Counter[int] = Counter()
        for forward in self._all:
            egress = forward.destination.egress
            if egress is not None and forward.destination.open and not forward.drops:
                # Each transport once in a group: its numbers go on by one with each packet.
                copy = copies[id(forward.destination)]
                copies[id(forward.destination)] += 1
                by_egress.setdefault((id(egress), copy), (egress, []))[1].append(forward)
        self._groups = [
            (egress, Members(forwards[start : start + ROWS]))
            for egress, forwards in by_egress.values()
            for start in range(0, len(forwards), ROWS)
        ]
