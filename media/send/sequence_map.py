"""One consumer's numbers: they go on without a jump whatever its packets come from, and lead back to each packet.

A consumer is on one stream at a time. Each such time is a segment with offsets of its own. Outgoing sequence numbers,
timestamps and VP8 picture ids are one line over all segments: layer switches, pauses, dropped temporal layers and what
a narrow link had no place for leave no gap in the sequence numbers.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from media.send.rewriter import PacketRewriter

if TYPE_CHECKING:
    from media.bandwidth.allocation_ladder import Layers
    from media.rtp.packet import Packet
    from media.rtp.reception import SenderClock
    from media.send.destination import Destination
    from media.send.fanout import Forwards
    from media.send.pacing import Unsent

SEGMENTS_KEPT: Final = 8
# A switch may not make time stand still or jump: bounds for the distance between the last frame of the old
# layer and the first of the new.
MIN_FRAME_DISTANCE_S: Final = 0.001
MAX_FRAME_DISTANCE_S: Final = 1.0


class Source(Protocol):
    """A received stream, with what is known of its newest packet (`media.receive.stream`)."""

    @property
    def forwards(self) -> Forwards: ...
    @property
    def origin(self) -> object:
        """What was received: forms of one stream have the same timestamps."""

    @property
    def clock(self) -> SenderClock | None: ...
    @property
    def last_arrival(self) -> float | None: ...
    @property
    def highest(self) -> int: ...
    @property
    def highest_timestamp(self) -> int: ...
    @property
    def highest_picture_id(self) -> int: ...
    @property
    def highest_tl0_picture_index(self) -> int: ...
    def cached(self, extended: int) -> Packet | None: ...


class Mark(NamedTuple):
    """A place in one consumer's numbers: the next one, without wrap-around, and what was sent before it."""

    upcoming: int
    packets: int
    octets: int


class _Segment:
    """A time on one source: outgoing numbers from `first` on belong to `forward`."""

    __slots__ = ("base_octets", "base_packets", "first", "forward", "source")

    def __init__(self, first: int, source: Source, forward: PacketRewriter) -> None:
        self.first = first
        self.source = source
        self.forward = forward
        self.base_packets = source.forwards.packets
        self.base_octets = source.forwards.octets


class SequenceMap:
    """`begin` goes over to a source, `end` leaves it, `find` leads back from an outgoing sequence number."""

    __slots__ = (
        "_closed_octets",
        "_closed_packets",
        "_destination",
        "_has_picture_ids",
        "_last",
        "_last_arrival",
        "_last_input_timestamp",
        "_last_timestamp_offset",
        "_next",
        "_next_picture_id",
        "_next_tl0_picture_index",
        "_open",
        "_segments",
        "_ssrc",
    )

    def __init__(self, destination: Destination, ssrc: int) -> None:
        self._destination = destination
        self._ssrc = ssrc
        # Lists, where a deque would take 760 bytes for each track of each receiver.
        self._segments: list[_Segment] = []
        self._open: _Segment | None = None
        # Low enough that a receiver can't mistake it for one that wrapped around.
        self._next = secrets.randbelow(0x4000) + 1
        self._closed_packets = 0
        self._closed_octets = 0
        self._last: Source | None = None
        self._last_input_timestamp = 0
        self._last_timestamp_offset = 0
        self._last_arrival = 0.0
        self._next_picture_id = 0
        self._next_tl0_picture_index = 0
        self._has_picture_ids = False

    @property
    def forward(self) -> PacketRewriter | None:
        """How packets are being rewritten; None between segments."""
        return self._open.forward if self._open is not None else None

    @property
    def newest(self) -> tuple[int, int] | None:
        """Sequence number and timestamp of the newest packet sent; None between segments."""
        segment = self._open
        if segment is None or segment.source.highest < segment.forward.start:
            return None
        source, forward = segment.source, segment.forward
        # The newest packet that came may have been left out: its own number would be the next one's.
        number = forward.outgoing(source.highest + 1) - 1
        return number & 0xFFFF, (source.highest_timestamp + forward.timestamp_offset) & 0xFFFFFFFF

    def behind_s(self, number: int, clock_rate: int, now: float) -> float:
        """By how many seconds a receiver is behind whose newest packet has this number (16 bits).

        That is from the packet after it to the newest one, so 0 while no more than a picture is under way, and 0 where
        nothing is known of that packet any more. Not longer than the packet has been sent for by our own clock: a
        sender's may be wrong.
        """
        newest = self.newest
        if newest is None or not 1 < (newest[0] - number) & 0xFFFF < 0x8000:
            return 0.0
        found = self.find((number + 1) & 0xFFFF)
        if found is None:
            return 0.0
        packet, forward = found
        ticks = (newest[1] - packet.timestamp - forward.timestamp_offset) & 0xFFFFFFFF
        return min(ticks / clock_rate, packet.age_s(now)) if ticks < 0x80000000 else 0.0

    @property
    def sent(self) -> tuple[int, int]:
        """Packets and payload octets sent so far, retransmissions not counted."""
        segment = self._open
        if segment is None:
            return self._closed_packets, self._closed_octets
        forward, forwards = segment.forward, segment.source.forwards
        return (
            self._closed_packets + forwards.packets - segment.base_packets - forward.left_out,
            self._closed_octets + forwards.octets - segment.base_octets - forward.left_out_octets,
        )

    def begin(
        self,
        source: Source,
        packet: Packet,
        now: float,
        *,
        clock_rate: int,
        joins_picture_ids: bool,
        allowed: Layers,
    ) -> None:
        """Go over to `source`, beginning with `packet`. Picture ids are one line too if `joins_picture_ids`.

        Layers beyond `allowed` are left out.
        """
        self.end()
        forward = PacketRewriter(self._destination, self._ssrc)
        forward.begin(packet, allowed)
        forward.sequence_offset = self._next - packet.extended
        forward.timestamp_offset = self._timestamp_offset(source, packet, now, clock_rate)
        if packet.picture_id_at >= 0 and joins_picture_ids:
            forward.rewrites_picture_id = True
            if self._has_picture_ids:
                forward.picture_id_offset = self._next_picture_id - packet.picture_id
                forward.tl0_picture_index_offset = self._next_tl0_picture_index - packet.tl0_picture_index
            self._has_picture_ids = True
        if forward.drops:
            forward.rewrites_picture_id = packet.picture_id_at >= 0
        self._enter(_Segment(self._next, source, forward))

    def _enter(self, segment: _Segment) -> None:
        self._open = segment
        self._segments.append(segment)
        del self._segments[:-SEGMENTS_KEPT]
        segment.source.forwards.add(segment.forward)

    def end(self) -> None:
        """Leave the current source, if there is one, and note where the numbers stand."""
        segment = self._open
        if segment is None:
            return
        source, forward = segment.source, segment.forward
        forward.ended = True
        self._closed_packets, self._closed_octets = self.sent
        source.forwards.remove(forward)
        if source.highest >= forward.start:
            # The next number, were there another packet: right behind the last one sent, even if later ones
            # of a higher temporal layer were left out.
            self._next = forward.outgoing(source.highest + 1)
            self._next_picture_id = forward.outgoing_picture_id(source.highest_picture_id + 1)
            self._next_tl0_picture_index = source.highest_tl0_picture_index + forward.tl0_picture_index_offset + 1
        self._last = source
        self._last_input_timestamp = source.highest_timestamp
        self._last_timestamp_offset = forward.timestamp_offset
        self._last_arrival = source.last_arrival or 0.0
        self._open = None

    def take_back(self, unsent: Unsent) -> None:
        """Leave the current source, and go on from the first number that never left."""
        self.end()
        self._next -= (self._next - unsent.first) & 0xFFFF
        self._closed_packets -= unsent.packets
        self._closed_octets -= unsent.octets

    def mark(self) -> Mark:
        """Where the numbers stand."""
        segment = self._open
        upcoming = self._next
        if segment is not None and segment.source.highest >= segment.forward.start:
            upcoming = segment.forward.outgoing(segment.source.highest + 1)
        return Mark(upcoming, *self.sent)

    def go_back(self, mark: Mark) -> None:
        """Leave the current source, and go on from there: nothing has left since, however long that is ago."""
        self.end()
        self._next, self._closed_packets, self._closed_octets = mark

    def limit_layers(self, allowed: Layers) -> None:
        """Leave out the current source's layers beyond these, from its next picture on."""
        segment = self._open
        if segment is not None:
            forward = segment.forward
            drops = forward.drops
            forward.limit_layers(allowed, segment.source.highest_timestamp)
            if forward.drops is not drops:
                forward.rewrites_picture_id = True  # where packets have one: dropped pictures are closed over
                segment.source.forwards.changed(forward)

    def renumber(self) -> None:
        """Where nothing is left out any more: the rest of the current source in numbers that are plain offsets."""
        segment = self._open
        if segment is None or not segment.forward.drops or segment.source.highest < segment.forward.start:
            return
        source, before = segment.source, segment.forward
        self.end()
        forward = PacketRewriter(self._destination, self._ssrc)
        forward.start = source.highest + 1
        forward.sequence_offset = self._next - forward.start
        forward.timestamp_offset = before.timestamp_offset
        forward.rewrites_picture_id = before.rewrites_picture_id
        forward.picture_id_offset = before.outgoing_picture_id(source.highest_picture_id) - source.highest_picture_id
        forward.tl0_picture_index_offset = before.tl0_picture_index_offset
        self._enter(_Segment(self._next, source, forward))

    def changed(self) -> None:
        """The destination's socket or readiness changed."""
        if self._open is not None:
            self._open.source.forwards.changed(self._open.forward)

    def clear(self) -> None:
        """Forget the way back to all packets: nothing is sent any more."""
        self._segments.clear()

    def find(self, sequence_number: int) -> tuple[Packet, PacketRewriter] | None:
        """The packet that went out under this number, and how it was rewritten; None if it is gone."""
        if not self._segments:
            return None
        newest = self._segments[-1]
        highest = newest.forward.outgoing(max(newest.source.highest, newest.forward.start))
        outgoing = highest + ((sequence_number - highest + 0x8000) & 0xFFFF) - 0x8000
        for segment in reversed(self._segments):
            if outgoing >= segment.first:
                extended = segment.forward.incoming(outgoing)
                packet = segment.source.cached(extended)
                if packet is None or extended < segment.forward.start:
                    return None
                return packet, segment.forward
        return None

    def _timestamp_offset(self, source: Source, packet: Packet, now: float, clock_rate: int) -> int:
        last = self._last
        if last is None:
            return 0
        if last.origin is source.origin:
            return self._last_timestamp_offset
        distance = frame_distance(
            last.clock, self._last_input_timestamp, source.clock, packet.timestamp, now - self._last_arrival
        )
        outgoing = self._last_input_timestamp + self._last_timestamp_offset
        return outgoing + max(1, round(distance * clock_rate)) - packet.timestamp


def frame_distance(
    old_clock: SenderClock | None,
    old_timestamp: int,
    new_clock: SenderClock | None,
    new_timestamp: int,
    elapsed_s: float,
) -> float:
    """Seconds between two frames of different layers.

    Both layers' sender reports tell it exactly; until they have come, the time between the arrivals (`elapsed_s`).
    """
    distance = elapsed_s
    if old_clock is not None and new_clock is not None:
        distance = new_clock.ntp_seconds(new_timestamp) - old_clock.ntp_seconds(old_timestamp)
        distance = min(distance, elapsed_s + MAX_FRAME_DISTANCE_S)
    else:
        distance = min(distance, elapsed_s)
    return max(distance, MIN_FRAME_DISTANCE_S)
