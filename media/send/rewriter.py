"""A consumer's place on one stream: which fields of a canonical packet become what."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from typing import TYPE_CHECKING, Final

from media.bandwidth.allocation_ladder import EVERY_LAYER, PAUSED, UNLIMITED, Layers
from media.rtp.packet import MARKER, SEQUENCE_TIMESTAMP_SSRC

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from media.rtp.packet import Packet
    from media.send.destination import Destination

# Changes of the highest spatial layer that are remembered: by them a packet that is sent again has the same marker.
CHANGES_KEPT: Final = 8


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

    def drop_earlier(self, numbers: Iterable[int]) -> None:
        """Leave out numbers that came before others, as if they had been left out when they came."""
        dropped = sorted({*self._dropped, *numbers})
        self._forgotten += max(0, len(dropped) - self._keep)
        self._dropped = deque(dropped[-self._keep :])

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
        "_allowed",
        "_changes",
        "_missing",
        "_picture",
        "_picture_gaps",
        "_sequence_gaps",
        "_thick",
        "_thinned",
        "_wished",
        "destination",
        "ended",
        "layers",
        "left_out",
        "left_out_octets",
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
        # Whether the numbers go on elsewhere: then nothing can be given back here.
        self.ended = False
        self.start = 0
        self.sequence_offset = 0
        self.timestamp_offset = 0
        self.rewrites_picture_id = False
        self.picture_id_offset = 0
        self.tl0_picture_index_offset = 0
        self.layers = UNLIMITED
        # Packets and payload octets that were not sent.
        self.left_out = 0
        self.left_out_octets = 0
        # The layers that others want, up to which temporal layer there is place in a queue, and what both allow.
        self._wished = UNLIMITED
        self._thinned = EVERY_LAYER
        self._allowed = UNLIMITED
        # Up to which temporal layer all went out before pictures were left out of a queue, until it does again.
        self._thick = PAUSED.temporal
        self._picture: int | None = None
        self._missing = PAUSED
        # From which packet on which spatial layer was the highest.
        self._changes: list[tuple[int, int]] = []
        self._sequence_gaps: Gaps | None = None
        self._picture_gaps: Gaps | None = None

    @property
    def drops(self) -> bool:
        """Whether some packets are left out, so that the offsets are not the whole story."""
        return self._sequence_gaps is not None

    @property
    def whole(self) -> bool:
        """Whether nothing is left out any more."""
        return self._allowed == self.layers == UNLIMITED

    @property
    def misses_size(self) -> bool:
        """Whether a spatial layer that may be sent waits for a keyframe."""
        return self.layers.spatial < min(self._allowed.spatial, self._missing.spatial)

    @property
    def misses_frames(self) -> bool:
        """Whether a temporal layer that may be sent waits for a place to come in."""
        return self.layers.temporal < min(self._allowed.temporal, self._missing.temporal)

    @property
    def chosen_layers(self) -> Layers:
        """What is sent, and with it pictures that are left out only because a queue is too long at the moment."""
        return Layers(self.layers.spatial, max(self.layers.temporal, self._thick))

    def limit_layers(self, allowed: Layers, picture: int | None = None) -> None:
        """Leave out packets of higher layers from the next picture on; `picture` is the timestamp of the current one.

        A higher temporal layer comes in where those who don't have it may begin with it, a spatial one at the next
        keyframe. `PAUSED` leaves out all.
        """
        self._wished = allowed
        self._thick = min(self._thick, allowed.temporal)
        self._agree()
        if self._picture is None:
            self._picture = picture
        if allowed != UNLIMITED:
            self._keep_gaps()

    def thin(self, temporal: int, packets: Sequence[Packet], numbers: Iterable[int]) -> None:
        """Leave out `packets` too, that were admitted and have not left, and all of their pictures' `numbers`.

        From now on nothing above a `temporal` layer goes out, until `thicken`: they are pictures of higher layers.
        """
        self._thinned = temporal
        self._thick = max(self._thick, min(self.layers.temporal, self._wished.temporal))
        self._agree()
        self.layers = Layers(self.layers.spatial, min(self.layers.temporal, temporal))
        sequence_gaps, picture_gaps = self._keep_gaps()
        sequence_gaps.drop_earlier(numbers)
        picture_ids = {packet.picture_id for packet in packets if packet.picture_id_at >= 0}
        if picture_ids:
            picture_gaps.drop_earlier(picture_ids)
            self.rewrites_picture_id = True
        for packet in packets:
            self.left_out += 1
            self.left_out_octets += len(packet.data) - packet.payload_at
            self._miss(packet)

    def thicken(self) -> None:
        """There is place for all temporal layers again."""
        self._thinned = EVERY_LAYER
        self._agree()

    def _agree(self) -> None:
        self._allowed = Layers(self._wished.spatial, min(self._wished.temporal, self._thinned))

    def _keep_gaps(self) -> tuple[Gaps, Gaps]:
        """From now on some packets are left out."""
        if self._sequence_gaps is None or self._picture_gaps is None:
            self._sequence_gaps, self._picture_gaps = Gaps(), Gaps()
        return self._sequence_gaps, self._picture_gaps

    def _miss(self, packet: Packet) -> None:
        self._missing = Layers(
            max(self._missing.spatial, packet.spatial_layer), max(self._missing.temporal, packet.temporal_layer)
        )

    def begin(self, packet: Packet, allowed: Layers) -> None:
        """Begin with this packet, with which decoding of these layers can begin."""
        self.start = packet.extended
        self.limit_layers(allowed)
        self.layers = allowed
        if allowed.spatial != EVERY_LAYER:
            self._note_change(packet.extended, allowed.spatial)

    def admits(self, packet: Packet) -> bool:
        """Whether an in-order packet goes out; one that doesn't is closed over in the numbering."""
        if self.layers != self._allowed:
            self._adapt(packet)
        self._picture = packet.timestamp
        if packet.temporal_layer <= self.layers.temporal and packet.spatial_layer <= self.layers.spatial:
            return True
        self._miss(packet)
        self.left_out += 1
        self.left_out_octets += len(packet.data) - packet.payload_at
        if self._sequence_gaps is not None and self._picture_gaps is not None:
            self._sequence_gaps.drop(packet.extended)
            if packet.starts_frame and packet.picture_id_at >= 0:
                self._picture_gaps.drop(packet.picture_id)
        return False

    def _adapt(self, packet: Packet) -> None:
        """Go where the limit allows, if this packet is a place for it: no picture is cut in two."""
        spatial, temporal = self.layers
        allowed = self._allowed
        if packet.timestamp != self._picture:
            spatial, temporal = min(spatial, allowed.spatial), min(temporal, allowed.temporal)
        if packet.starts_frame:
            if packet.keyframe:
                spatial, temporal = allowed
            elif packet.begins_temporal_layer and temporal < packet.temporal_layer <= allowed.temporal:
                temporal = packet.temporal_layer
            elif packet.temporal_layer <= temporal < packet.switches_to and packet.spatial_layer == 0:
                temporal = min(packet.switches_to, allowed.temporal)
        if allowed == UNLIMITED and spatial >= self._missing.spatial and temporal >= self._missing.temporal:
            spatial, temporal = UNLIMITED
        if spatial != self.layers.spatial:
            self._note_change(packet.extended, spatial)
        if temporal >= self._thick:
            self._thick = PAUSED.temporal
        self.layers = Layers(spatial, temporal)

    def _note_change(self, extended: int, spatial: int) -> None:
        self._changes.append((extended, spatial))
        del self._changes[:-CHANGES_KEPT]

    def _ends_picture(self, packet: Packet) -> bool:
        """Whether nothing more of its picture is sent after this frame. The sender may leave out layers."""
        above = packet.layer_above or packet.spatial_layer + 1
        return packet.spatial_layer <= self._highest_spatial_layer(packet.extended) < above

    def _highest_spatial_layer(self, extended: int) -> int:
        """Which spatial layer was the highest when this packet came."""
        return next((layer for first, layer in reversed(self._changes) if first <= extended), EVERY_LAYER)

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
        if self._changes and packet.ends_frame and self._ends_picture(packet):
            view[at + 1] |= MARKER
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
