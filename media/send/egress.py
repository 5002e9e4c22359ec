"""Sending RTP: what all ways out share.

A way out takes one packet for many receivers, or single packets, each protected with its receiver's keys and numbered
by its transport (`media.send.transport_wide`). By a UDP socket `BatchEgress` is the fast one, `DatagramEgress` the
reference for tests, and the way on platforms without `sendmmsg`. A TCP connection has a `StreamEgress` of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from media.net.buffers import SocketAddress
    from media.rtp.packet import Packet


class Target(Protocol):
    """Where packets go (a `Destination`), and the SRTP context to protect them with; 0 where they can't."""

    @property
    def address(self) -> tuple[str, int] | None: ...
    @property
    def socket_address(self) -> SocketAddress: ...
    @property
    def context(self) -> int: ...
    @property
    def slot(self) -> int: ...


class Rewriter(Protocol):
    """What becomes of a stream's packets for one consumer (a `PacketRewriter`): as columns for numpy, or by `write`."""

    @property
    def destination(self) -> Target: ...
    @property
    def ssrc(self) -> int: ...
    @property
    def sequence_offset(self) -> int: ...
    @property
    def timestamp_offset(self) -> int: ...
    @property
    def rewrites_picture_id(self) -> bool: ...
    @property
    def picture_id_offset(self) -> int: ...
    @property
    def tl0_picture_index_offset(self) -> int: ...
    def write(self, packet: Packet, view: memoryview, at: int) -> None: ...


class Egress(Protocol):
    """A way out through one UDP socket or TCP connection. Nothing is sent for sure before `flush`.

    Packets of one SSRC leave in the order in which they were put; who puts them another way than before (as one of a
    group or alone, or of another group) flushes in between.
    """

    sent: int
    dropped: int

    def fan_out(self, packet: Packet, members: Members) -> None:
        """Send one packet to all members; none of them drops packets."""

    def put(self, packet: Packet, forward: Rewriter) -> None:
        """Send one packet to one consumer."""

    def put_bytes(self, data: bytes | bytearray, destination: Target, number_at: int = -1) -> None:
        """Send one complete RTP packet, with room for a transport-wide number at `number_at`, -1 for none."""

    def flush(self) -> None:
        """Hand everything to the kernel."""

    def release(self) -> float:
        """Hand to the kernel what need not wait; after how many seconds to do so again, 0 if nothing waits."""


# What `Members` has as columns, a cell for each.
COLUMNS: Final = (
    "ssrcs",
    "sequence_offsets",
    "timestamp_offsets",
    "picture_id_offsets",
    "tl0_picture_index_offsets",
    "slots",
    "contexts",
    "socket_addresses",
    "socket_address_lengths",
)


class Members:
    """Consumers behind one way out that all take every packet of a stream, as columns for numpy.

    `gathers` tells whether the packets of a picture may wait for its end (`media.send.gathering`). The addresses and
    contexts are those of the moment: before one of them goes, the way out is to be flushed.
    """

    __slots__ = (
        "contexts",
        "forwards",
        "gathers",
        "picture_id_offsets",
        "rewrites_picture_id",
        "sequence_offsets",
        "slots",
        "socket_address_lengths",
        "socket_addresses",
        "ssrcs",
        "timestamp_offsets",
        "tl0_picture_index_offsets",
    )

    def __init__(self, forwards: Sequence[Rewriter], *, gathers: bool = False) -> None:
        self.forwards = list(forwards)
        self.gathers = gathers
        self.rewrites_picture_id = any(f.rewrites_picture_id for f in forwards)
        self.ssrcs = np.array([f.ssrc for f in forwards], np.uint32)
        self.sequence_offsets = np.array([f.sequence_offset & 0xFFFF for f in forwards], np.uint16)
        self.timestamp_offsets = np.array([f.timestamp_offset & 0xFFFFFFFF for f in forwards], np.uint32)
        self.picture_id_offsets = np.array([f.picture_id_offset & 0x7FFF for f in forwards], np.uint16)
        self.tl0_picture_index_offsets = np.array([f.tl0_picture_index_offset & 0xFF for f in forwards], np.uint8)
        self.slots = np.array([f.destination.slot for f in forwards], np.intp)
        self.contexts = np.array([f.destination.context for f in forwards], np.uint64)
        self.socket_addresses = np.array([f.destination.socket_address.address for f in forwards], np.uint64)
        self.socket_address_lengths = np.array([f.destination.socket_address.length for f in forwards], np.uint32)

    def __len__(self) -> int:
        return len(self.forwards)

    def add(self, forwards: Sequence[Rewriter]) -> None:
        """Have some more, with their values of the moment."""
        more = Members(forwards)
        self.forwards += more.forwards
        self.rewrites_picture_id = self.rewrites_picture_id or more.rewrites_picture_id
        for name in COLUMNS:
            setattr(self, name, np.concatenate((getattr(self, name), getattr(more, name))))

    def remove(self, index: int) -> None:
        """Have this one no more."""
        del self.forwards[index]
        for name in COLUMNS:
            setattr(self, name, np.delete(getattr(self, name), index))

    def begin_with(self, index: int) -> None:
        """Have this one be the first, and those that came before be the last."""
        self.forwards = [*self.forwards[index:], *self.forwards[:index]]
        for name in COLUMNS:
            setattr(self, name, np.roll(getattr(self, name), -index))
