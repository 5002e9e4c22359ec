"""A consumer's place on one stream: which fields of a canonical packet become what."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from typing import TYPE_CHECKING

from media.rtp.packet import SEQUENCE_TIMESTAMP_SSRC

if TYPE_CHECKING:
    from media.rtp.packet import Packet
    from media.send.destination import Destination

EVERY_TEMPORAL_LAYER = 255


class Gaps:
    """Closes the gaps that dropped numbers leave, and finds the way back; forgets drops older than `keep`."""

    __slots__ = ("_dropped", "_forgotten", "_keep")

    def __init__(self, keep: int = 1024) -> None:
        self._dropped: deque[int] = deque()
        self._forgotten = 0
        self._keep = keep

    def drop(self, number: int) -> None:
        """Leave `number` out; numbers come in rising order."""
        self._dropped.append(number)
        if len(self._dropped) > self._keep:
            self._dropped.popleft()
            self._forgotten += 1

    def skip(self, count: int) -> None:
        """Leave out the next `count` numbers, and forget which were left out before."""
        self._forgotten += len(self._dropped) + count
        self._dropped.clear()

    def dropped(self, number: int) -> bool:
        """Whether this number was left out (as far back as remembered)."""
        return number in self._dropped

    def close(self, number: int) -> int:
        """The number without the gaps before it."""
        dropped = self._dropped
        if not dropped or number > dropped[-1]:
            return number - len(dropped) - self._forgotten
        return number - bisect_left(dropped, number) - self._forgotten

    def reopen(self, closed: int) -> int:
        """The inverse of `close` for a number that was not dropped."""
        number = closed + self._forgotten
        for dropped in self._dropped:
            if dropped > number:
                break
            number += 1
        return number


class PacketRewriter:
    """How packets of one stream leave to one consumer.

    The outgoing sequence number, timestamp, VP8 picture id and TL0PICIDX are the stream's plus an offset,
    modulo their width. Packets before `start` (extended sequence number) are not this consumer's: with
    another offset the same number may have gone out already, and a second packet under one number would
    reuse the AEAD's nonce.
    """

    __slots__ = (
        "_picture_gaps",
        "_sequence_gaps",
        "destination",
        "max_temporal_layer",
        "picture_id_offset",
        "rewrites_picture_id",
        "sequence_offset",
        "ssrc",
        "start",
        "timestamp_offset",
        "tl0_picture_index_offset",
    )

    def __init__(self, destination: Destination, ssrc: int) -> None:
        self.destination = destination
        self.ssrc = ssrc
        self.start = 0
        self.sequence_offset = 0
        self.timestamp_offset = 0
        self.rewrites_picture_id = False
        self.picture_id_offset = 0
        self.tl0_picture_index_offset = 0
        self.max_temporal_layer = EVERY_TEMPORAL_LAYER
        self._sequence_gaps: Gaps | None = None
        self._picture_gaps: Gaps | None = None

    @property
    def drops(self) -> bool:
        """Whether some packets are left out, so that the offsets are not the whole story."""
        return self._sequence_gaps is not None

    def limit_temporal_layer(self, layer: int) -> None:
        """Leave out packets of higher temporal layers from now on."""
        self.max_temporal_layer = layer
        if self._sequence_gaps is None:
            self._sequence_gaps = Gaps()
            self._picture_gaps = Gaps()

    def admits(self, packet: Packet) -> bool:
        """Whether an in-order packet goes out; one that doesn't is closed over in the numbering."""
        if packet.temporal_layer <= self.max_temporal_layer:
            return True
        if self._sequence_gaps is not None and self._picture_gaps is not None:
            self._sequence_gaps.drop(packet.extended)
            if packet.starts_frame and packet.picture_id_at >= 0:
                self._picture_gaps.drop(packet.picture_id)
        return False

    def admits_late(self, packet: Packet) -> bool:
        """Whether a packet that comes after newer ones goes out."""
        if packet.extended < self.start:
            return False
        return self._sequence_gaps is None or not self._sequence_gaps.dropped(packet.extended)

    def outgoing(self, extended: int) -> int:
        """The extended outgoing sequence number of a packet of the stream."""
        if self._sequence_gaps is not None:
            extended = self._sequence_gaps.close(extended)
        return extended + self.sequence_offset

    def incoming(self, outgoing: int) -> int:
        """The inverse of `outgoing`."""
        extended = outgoing - self.sequence_offset
        return extended if self._sequence_gaps is None else self._sequence_gaps.reopen(extended)

    def outgoing_picture_id(self, unwrapped: int) -> int:
        """The outgoing picture id, not yet reduced to its width."""
        if self._picture_gaps is not None:
            unwrapped = self._picture_gaps.close(unwrapped)
        return unwrapped + self.picture_id_offset

    def write(self, packet: Packet, view: memoryview, at: int) -> None:
        """Copy the packet to `view[at:]` and put this consumer's fields in place."""
        view[at : at + len(packet.data)] = packet.data
        SEQUENCE_TIMESTAMP_SSRC.pack_into(
            view,
            at + 2,
            self.outgoing(packet.extended) & 0xFFFF,
            (packet.timestamp + self.timestamp_offset) & 0xFFFFFFFF,
            self.ssrc,
        )
        if self.rewrites_picture_id and packet.picture_id_at >= 0:
            picture_id = self.outgoing_picture_id(packet.picture_id)
            position = at + packet.picture_id_at
            if packet.picture_id_wide:
                view[position : position + 2] = (0x8000 | picture_id & 0x7FFF).to_bytes(2, "big")
            else:
                view[position] = picture_id & 0x7F
            if packet.tl0_picture_index_at >= 0:
                index = packet.tl0_picture_index + self.tl0_picture_index_offset
                view[at + packet.tl0_picture_index_at] = index & 0xFF
