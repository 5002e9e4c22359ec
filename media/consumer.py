"""A track that a client receives: it follows one stream of a producer at a time.

Outgoing numbers go on without a jump across layer switches, pauses and dropped temporal layers, and a
retransmission finds the way back from an outgoing number to the packet that had it.
"""

from __future__ import annotations

import secrets
import uuid
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from media.ortc.parameters import ConsumerLayers
from media.receive.layers import choose_layer, frame_distance
from media.rtp.packet import HEADER
from media.rtp.rtcp import build_sdes_cname, build_sender_report
from media.send.rewriter import EVERY_TEMPORAL_LAYER, Forward
from media.stats import ConsumerStats
from media.token_bucket import TokenBucket

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.ortc.parameters import MediaKind, ProducerType, RtpParameters
    from media.producer import Producer
    from media.receive.stream import ReceiveStream
    from media.rtp.packet import Packet
    from media.rtp.rtcp import Nack, ReportBlock
    from media.send.destination import Destination

SEGMENTS_KEPT: Final = 8
# A resent packet is not resent again before this much time has passed: the first copy may be on its way.
RESEND_INTERVAL_S: Final = 0.02
RESENDS_REMEMBERED: Final = 1024
# What one consumer can make us resend: packets a second, and at once.
RESENDS_PER_SECOND: Final = 500.0
RESENDS_AT_ONCE: Final = 500.0
# What it costs to look for a packet that we don't have any more, in resent packets.
USELESS_NACK_COST: Final = 0.25
# Keyframes that one consumer can ask for, a second and at once: each makes the picture worse for everybody.
KEY_FRAMES_PER_SECOND: Final = 0.5
KEY_FRAMES_AT_ONCE: Final = 6.0


class ConsumerListener(Protocol):
    """Who wants to know about a consumer."""

    def on_consumer_closed(self, consumer: Consumer) -> None: ...
    def on_consumer_layers(self, consumer: Consumer, layers: ConsumerLayers | None) -> None: ...


class ConsumerTransport(Protocol):
    """What a consumer sends on: a client's transport, or a recorder."""

    destination: Destination

    @property
    def connected(self) -> bool: ...
    def next_mid(self) -> str: ...
    def remove_consumer(self, consumer: Consumer) -> None: ...


class _Segment:
    """A time on one stream: outgoing numbers from `first` on belong to `forward`."""

    __slots__ = ("base_octets", "base_packets", "first", "forward", "stream")

    def __init__(self, first: int, stream: ReceiveStream, forward: Forward) -> None:
        self.first = first
        self.stream = stream
        self.forward = forward
        self.base_packets = stream.forwards.packets
        self.base_octets = stream.forwards.octets


class Consumer:
    """Starts paused or not; sends nothing before its transport is connected. `type` is the producer's."""

    def __init__(
        self,
        transport: ConsumerTransport,
        producer: Producer,
        rtp_parameters: RtpParameters,
        listener: ConsumerListener,
        clock: Callable[[], float],
        *,
        paused: bool,
    ) -> None:
        encoding = rtp_parameters.encodings[0]
        if encoding.ssrc is None:
            message = "A consumer's encoding must have an SSRC."
            raise ValueError(message)
        self.id = str(uuid.uuid4())
        self.producer = producer
        self.rtp_parameters = rtp_parameters
        self.ssrc: int = encoding.ssrc
        self.rtx_ssrc = encoding.rtx.ssrc if encoding.rtx else None
        self.paused = paused
        self.closed = False
        self.current: ReceiveStream | None = None
        self.preferred = ConsumerLayers(len(producer.streams) - 1)
        self.fraction_lost = 0.0
        self.rtt_s: float | None = None
        self.resent = 0
        self._transport = transport
        self._listener = listener
        self._clock = clock
        self._target: ReceiveStream | None = None
        self._segments: deque[_Segment] = deque(maxlen=SEGMENTS_KEPT)
        # Low enough that a receiver can't mistake it for one that wrapped around.
        self._next = secrets.randbelow(0x4000) + 1
        self._closed_packets = 0
        self._closed_octets = 0
        self._last_stream: ReceiveStream | None = None
        self._last_input_timestamp = 0
        self._last_timestamp_offset = 0
        self._last_arrival = 0.0
        self._next_picture_id = 0
        self._next_tl0_picture_index = 0
        self._has_picture_ids = False
        self._rtx_payload_type = next(
            (c.payload_type for c in rtp_parameters.codecs if c.mime_type.lower().endswith("/rtx")), None
        )
        self._rtx_sequence_number = secrets.randbelow(0x4000) + 1
        self._resends: dict[int, float] = {}
        self._resend_budget = TokenBucket(RESENDS_PER_SECOND, RESENDS_AT_ONCE, clock())
        self._key_frame_budget = TokenBucket(KEY_FRAMES_PER_SECOND, KEY_FRAMES_AT_ONCE, clock())
        self._sent_reports: deque[tuple[int, float]] = deque(maxlen=4)
        producer.follow(self)

    # --- what the owner calls ---

    @property
    def producer_id(self) -> str:
        """The producer that this consumer follows."""
        return self.producer.id

    @property
    def kind(self) -> MediaKind:
        """`audio` or `video`."""
        return self.producer.kind

    @property
    def type(self) -> ProducerType:
        """`simple`, `simulcast` or `svc`."""
        return self.producer.type

    @property
    def producer_paused(self) -> bool:
        """Whether the producer is paused."""
        return self.producer.paused

    @property
    def current_layers(self) -> ConsumerLayers | None:
        """What is being forwarded at the moment; None for nothing."""
        if self.current is None:
            return None
        limit = self._segments[-1].forward.max_temporal_layer
        return ConsumerLayers(self.current.layer, None if limit == EVERY_TEMPORAL_LAYER else limit)

    def pause(self) -> None:
        """Send nothing until `resume`."""
        if not self.paused:
            self.paused = True
            self._detach()

    def resume(self) -> None:
        """Send again, video from the next keyframe on."""
        if self.paused:
            self.paused = False
            self.retarget(self._clock())

    def set_preferred_layers(self, layers: ConsumerLayers) -> None:
        """Send at most these layers; out-of-range values mean the nearest there is."""
        spatial = max(0, min(layers.spatial_layer, len(self.producer.streams) - 1))
        changed_temporal = layers.temporal_layer != self.preferred.temporal_layer
        self.preferred = ConsumerLayers(spatial, layers.temporal_layer)
        if changed_temporal and self.current is not None and self.type != "svc":
            # The numbering with another set of gaps is a new segment: start one at the next keyframe.
            self._target = None
        self.retarget(self._clock())

    def request_key_frame(self) -> None:
        """Ask the sender for a keyframe of what is being received, not again and again."""
        stream = self.current or self._target
        now = self._clock()
        if stream is None or self.kind != "video":
            return
        # While one is on its way, asking again costs nothing.
        if stream.keyframes.pending or self._key_frame_budget.spend(1, now):
            self.producer.request_key_frame(stream, now)

    def retarget(self, now: float) -> None:
        """Choose the stream to send; called when something changed, and from time to time."""
        if self.closed or self.paused or self.producer.paused or not self._transport.connected:
            return
        streams = self.producer.streams
        active = [stream.active(now) for stream in streams]
        layer = choose_layer(active, self.preferred.spatial_layer)
        wanted = streams[layer if layer is not None else self.preferred.spatial_layer]
        if wanted is self._target:
            return
        self._target = wanted
        if wanted is self.current and self._temporal_limit() == self._segments[-1].forward.max_temporal_layer:
            self.producer.stop_waiting(self)
        else:
            self.producer.wait_for_switch_point(self, wanted, now)

    def stats(self) -> ConsumerStats:
        """Counters since the beginning."""
        return ConsumerStats.of(self)

    def close(self) -> None:
        """Stop for good. Idempotent."""
        if self.closed:
            return
        self.closed = True
        self._detach()
        self.producer.unfollow(self)
        self._segments.clear()
        self._transport.remove_consumer(self)

    # --- what the producer calls ---

    def on_producer_paused(self) -> None:
        """Nothing comes any more."""
        self._detach()

    def on_producer_resumed(self, now: float) -> None:
        """Something comes again."""
        self.retarget(now)

    def on_producer_closed(self) -> None:
        """Close along with the producer and tell the owner."""
        if not self.closed:
            self.close()
            self._listener.on_consumer_closed(self)

    def on_switch_point(self, stream: ReceiveStream, packet: Packet, now: float) -> None:
        """Go over to `stream`, beginning with `packet`."""
        if self.closed or self.paused or not self._transport.connected:
            return
        before = self.current_layers
        self._end_segment()
        forward = Forward(self._transport.destination, self.ssrc)
        forward.start = packet.extended
        forward.sequence_offset = self._next - packet.extended
        forward.timestamp_offset = self._timestamp_offset(stream, packet, now)
        if packet.picture_id_at >= 0 and self.type == "simulcast":
            forward.rewrites_picture_id = True
            if self._has_picture_ids:
                forward.picture_id_offset = self._next_picture_id - packet.picture_id
                forward.tl0_picture_index_offset = self._next_tl0_picture_index - packet.tl0_picture_index
            self._has_picture_ids = True
        limit = self._temporal_limit()
        if limit != EVERY_TEMPORAL_LAYER:
            forward.limit_temporal_layer(limit)
            forward.rewrites_picture_id = packet.picture_id_at >= 0
        self._segments.append(_Segment(self._next, stream, forward))
        self.current = stream
        self._target = stream
        stream.forwards.add(forward)
        if self.current_layers != before:
            self._listener.on_consumer_layers(self, self.current_layers)

    # --- what the transport calls ---

    def resend(self, nack: Nack, now: float) -> None:
        """Answer a NACK (RFC 4585) from the stream's cache: by RTX (RFC 4588), or the very same packet again."""
        for sequence_number in nack.lost:
            last = self._resends.get(sequence_number)
            if last is not None and now - last < RESEND_INTERVAL_S:
                continue
            if not self._resend_budget.has(1, now):
                return
            if len(self._resends) >= RESENDS_REMEMBERED:
                self._resends.clear()
            self._resends[sequence_number] = now
            self._resend(sequence_number, now)

    def sender_report(self, now: float, set_back_s: float = 0.0) -> bytes | None:
        """A report and CNAME for this track (RFC 3550 section 6.4.1), with the sender's own NTP time for lip-sync.

        It tells of a moment `set_back_s` ago, which is as good: both of its clocks are set back.
        """
        stream = self.current
        if stream is None or stream.clock is None:
            return None
        ntp, timestamp = stream.clock.at(now - set_back_s)
        packets, octets = self.sent
        report = build_sender_report(
            ssrc=self.ssrc,
            ntp=ntp,
            rtp_timestamp=(timestamp + self._segments[-1].forward.timestamp_offset) & 0xFFFFFFFF,
            packet_count=packets & 0xFFFFFFFF,
            octet_count=octets & 0xFFFFFFFF,
        )
        self._sent_reports.append(((ntp >> 16) & 0xFFFFFFFF, now))
        return report + build_sdes_cname(self.ssrc, self.rtp_parameters.rtcp.cname or "")

    def receive_report(self, block: ReportBlock, now: float) -> None:
        """What the receiver says about this track."""
        self.fraction_lost = block.fraction_lost / 256
        sent_at = self.report_sent_at(block.lsr)
        if sent_at is not None:
            self.rtt_s = max(0.0, now - sent_at - block.dlsr / 65536)

    def report_sent_at(self, lsr: int) -> float | None:
        """When the sender report went out that has this time stamp, if it is one of the last four."""
        return next((sent_at for middle, sent_at in self._sent_reports if middle == lsr), None)

    @property
    def latest_report(self) -> tuple[int, float] | None:
        """The newest sender report's time stamp, and when it was sent."""
        return self._sent_reports[-1] if self._sent_reports else None

    @property
    def sent(self) -> tuple[int, int]:
        """Packets and payload octets sent so far, retransmissions not counted."""
        if self.current is None:
            return self._closed_packets, self._closed_octets
        segment = self._segments[-1]
        return (
            self._closed_packets + self.current.forwards.packets - segment.base_packets,
            self._closed_octets + self.current.forwards.octets - segment.base_octets,
        )

    def transport_lost(self) -> None:
        """The transport can't send any more; when it can, `retarget` starts again."""
        self._detach()

    def socket_changed(self) -> None:
        """The destination's socket or readiness changed."""
        if self.current is not None:
            self.current.forwards.changed()

    # --- inside ---

    def _temporal_limit(self) -> int:
        layer = self.preferred.temporal_layer
        return EVERY_TEMPORAL_LAYER if layer is None or self.type == "svc" else layer

    def _timestamp_offset(self, stream: ReceiveStream, packet: Packet, now: float) -> int:
        last = self._last_stream
        if last is None:
            return 0
        if last is stream:
            return self._last_timestamp_offset
        distance = frame_distance(
            last.clock, self._last_input_timestamp, stream.clock, packet.timestamp, now - self._last_arrival
        )
        outgoing = self._last_input_timestamp + self._last_timestamp_offset
        return outgoing + max(1, round(distance * stream.format.clock_rate)) - packet.timestamp

    def _end_segment(self) -> None:
        """Leave the current stream and note where the numbers stand."""
        stream = self.current
        if stream is None:
            return
        segment = self._segments[-1]
        forward = segment.forward
        self._closed_packets, self._closed_octets = self.sent
        stream.forwards.remove(forward)
        if stream.highest >= forward.start:
            # The next number, were there another packet: right behind the last one sent, even if later ones
            # of a higher temporal layer were left out.
            self._next = forward.outgoing(stream.highest + 1)
            self._next_picture_id = forward.outgoing_picture_id(stream.highest_picture_id + 1)
            self._next_tl0_picture_index = stream.highest_tl0_picture_index + forward.tl0_picture_index_offset + 1
        self._last_stream = stream
        self._last_input_timestamp = stream.highest_timestamp
        self._last_timestamp_offset = forward.timestamp_offset
        self._last_arrival = stream.last_arrival or 0.0

    def _detach(self) -> None:
        self.producer.stop_waiting(self)
        self._target = None
        if self.current is not None:
            self._end_segment()
            self.current = None
            if not self.closed:
                self._listener.on_consumer_layers(self, None)

    def _resend(self, sequence_number: int, now: float) -> None:
        egress = self._transport.destination.egress
        found = self._find(sequence_number)
        if egress is None or found is None or not self._transport.destination.open:
            self._resend_budget.tokens -= USELESS_NACK_COST
            return
        packet, forward = found
        self.resent += 1
        self._resend_budget.tokens -= 1
        if self._rtx_payload_type is None or self.rtx_ssrc is None:
            if packet.abs_send_time_at < 0:
                egress.put(packet, forward)
            return
        packet.stamp(int(now * 262144) & 0xFFFFFF)
        original = memoryview(bytearray(len(packet.data)))
        forward.write(packet, original, 0)
        first, second, original_number, timestamp, _ = HEADER.unpack_from(original)
        header = HEADER.pack(
            first, second & 0x80 | self._rtx_payload_type, self._rtx_sequence_number, timestamp, self.rtx_ssrc
        )
        self._rtx_sequence_number = (self._rtx_sequence_number + 1) & 0xFFFF
        block = original[HEADER.size : packet.payload_at]
        payload = original[packet.payload_at :]
        egress.put_bytes(
            b"".join((header, block, original_number.to_bytes(2, "big"), payload)), self._transport.destination
        )

    def _find(self, sequence_number: int) -> tuple[Packet, Forward] | None:
        """The packet that went out under this number, and how it was rewritten."""
        if not self._segments:
            return None
        newest = self._segments[-1]
        highest = newest.forward.outgoing(max(newest.stream.highest, newest.forward.start))
        outgoing = highest + ((sequence_number - highest + 0x8000) & 0xFFFF) - 0x8000
        for segment in reversed(self._segments):
            if outgoing >= segment.first:
                extended = segment.forward.incoming(outgoing)
                packet = segment.stream.cached(extended)
                if packet is None or extended < segment.forward.start:
                    return None
                return packet, segment.forward
        return None
