"""All consumers that one stream is forwarded to, arranged for speed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.send.egress import Members
from media.send.gathering import GATHERED_FROM

if TYPE_CHECKING:
    from media.rtp.packet import Packet
    from media.send.egress import Egress
    from media.send.pacing import Pacing
    from media.send.rewriter import PacketRewriter

FEW_CHANGES: Final = 8
"""So many between two packets are seen to one by one; with more, everybody is arranged anew, which takes 1.5 ms for a
thousand."""


class _Group:
    """Those behind one way out, each transport once: its numbers go on by one with each packet."""

    __slots__ = ("egress", "members", "newcomers", "transports")

    def __init__(self, egress: Egress) -> None:
        self.egress = egress
        self.members = Members([])
        self.newcomers: list[PacketRewriter] = []
        # By the `id` of their destination.
        self.transports: set[int] = set()

    def remove(self, forward: PacketRewriter) -> None:
        """Have a member no more; what waits for it leaves first."""
        self.egress.flush()
        self.members.remove(self.members.forwards.index(forward))
        self.transports.discard(id(forward.destination))
        self.members.gathers = self.members.gathers and len(self.members) >= GATHERED_FROM

    def settle(self, *, may_wait: bool) -> None:
        """Make members of the newcomers; what waits for those who are ones already leaves first, and not to them."""
        if len(self.members):
            self.egress.flush()
        self.members.add(self.newcomers)
        self.members.gathers = may_wait and len(self.members) >= GATHERED_FROM
        self.newcomers = []


class Forwards:
    """The packet rewriters of a stream. Those that take every packet are grouped by socket, the others looped over.

    Video (`may_wait`) to those on a narrow link goes into their pacing, and to many others picture by picture.

    `packets` and `octets` count what an undisturbed consumer has been sent; consumers remember where they came in.
    """

    __slots__ = ("_all", "_changes", "_groups", "_may_wait", "_paced", "_picky", "_unplaced", "octets", "packets")

    def __init__(self, *, may_wait: bool = False) -> None:
        self._may_wait = may_wait
        self._all: list[PacketRewriter] = []
        # Each of them is in a group, picky, paced, or can't be sent to; or else will be with the next packet.
        self._groups: list[_Group] = []
        self._picky: list[PacketRewriter] = []
        self._paced: list[tuple[PacketRewriter, Pacing]] = []
        self._unplaced: dict[PacketRewriter, None] = {}
        # Since the last packet.
        self._changes = 0
        self.packets = 0
        self.octets = 0

    def __len__(self) -> int:
        return len(self._all)

    def add(self, forward: PacketRewriter) -> None:
        """Forward to one more consumer from the next packet on."""
        self._all.append(forward)
        self._unplaced[forward] = None

    def remove(self, forward: PacketRewriter) -> None:
        """Stop forwarding to a consumer; unknown ones are ignored."""
        if forward in self._all:
            self._all.remove(forward)
            # Not with the next packet, which may never come: until then nobody is kept who has left.
            self._displace(forward)

    def changed(self, forward: PacketRewriter) -> None:
        """A member's offsets or socket changed."""
        self._displace(forward)
        self._unplaced[forward] = None

    def send(self, packet: Packet) -> None:
        """Send one packet to everybody who should get it."""
        self._changes = 0
        if self._unplaced:
            self._place()
        if packet.late:
            self._send_late(packet)
            return
        self.packets += 1
        self.octets += len(packet.data) - packet.payload_at
        for group in self._groups:
            group.egress.fan_out(packet, group.members)
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

    def _displace(self, forward: PacketRewriter) -> None:
        """Have it be nowhere; what waits to leave to it does so before what it gets another way."""
        if forward in self._unplaced:
            del self._unplaced[forward]
            return
        self._changes += 1
        if self._changes > FEW_CHANGES:
            self._displace_all()
            self._unplaced.pop(forward, None)
            return
        for group in self._groups:
            if id(forward.destination) in group.transports and forward in group.members.forwards:
                group.remove(forward)
                if not len(group.members):
                    self._groups.remove(group)
                return
        if forward in self._picky:
            self._picky.remove(forward)
            if forward.destination.egress is not None:
                forward.destination.egress.flush()
        else:
            self._paced = [one for one in self._paced if one[0] is not forward]

    def _displace_all(self) -> None:
        for group in self._groups:
            if len(group.members) > 1:  # else nothing waits for them as a group
                group.egress.flush()
        self._groups, self._picky, self._paced = [], [], []
        self._unplaced = dict.fromkeys(self._all)

    def _place(self) -> None:
        """Find a place for everybody who can be sent to and has none."""
        unplaced, self._unplaced = self._unplaced, {}
        for forward in unplaced:
            egress = forward.destination.egress
            if egress is None or not forward.destination.open:
                continue
            pacing = self._pacing_of(forward)
            if pacing is not None:
                self._paced.append((forward, pacing))
            elif forward.drops:
                self._picky.append(forward)
            else:
                group = self._group_for(egress, id(forward.destination))
                group.transports.add(id(forward.destination))
                group.newcomers.append(forward)
        for group in self._groups:
            if group.newcomers:
                group.settle(may_wait=self._may_wait)

    def _group_for(self, egress: Egress, transport: int) -> _Group:
        for group in self._groups:
            if group.egress is egress and transport not in group.transports:
                return group
        self._groups.append(_Group(egress))
        return self._groups[-1]
