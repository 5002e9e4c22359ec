"""A track that a client receives: it follows one stream of a producer at a time, the best that it may have."""

from __future__ import annotations

import uuid
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from media.ortc.parameters import ConsumerLayers
from media.receive.layers import choose_layer
from media.rtp.rtcp import build_sdes_cname, build_sender_report
from media.send.retransmitter import Retransmitter
from media.send.rewriter import EVERY_TEMPORAL_LAYER
from media.send.sequence_map import SequenceMap
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
        self._transport = transport
        self._listener = listener
        self._clock = clock
        self._target: ReceiveStream | None = None
        self._sequence_map = SequenceMap(transport.destination, self.ssrc)
        rtx_payload_type = next(
            (c.payload_type for c in rtp_parameters.codecs if c.mime_type.lower().endswith("/rtx")), None
        )
        self._retransmitter = Retransmitter(
            transport.destination, self._sequence_map, rtx_payload_type, self.rtx_ssrc, clock()
        )
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
        forward = self._sequence_map.forward
        if self.current is None or forward is None:
            return None
        limit = forward.max_temporal_layer
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
        receiving = self.current.layer if self.current is not None else 0
        self.producer.want_layer(max(self.preferred.spatial_layer, receiving), now)
        active = [stream.active(now) for stream in streams]
        layer = choose_layer(active, self.preferred.spatial_layer)
        wanted = streams[layer if layer is not None else self.preferred.spatial_layer]
        if wanted is self._target:
            return
        self._target = wanted
        forward = self._sequence_map.forward
        if wanted is self.current and forward is not None and self._temporal_limit() == forward.max_temporal_layer:
            self.producer.stop_waiting(self)
        else:
            self.producer.wait_for_switch_point(self, wanted, now)

    def stats(self) -> ConsumerStats:
        """Counters since the beginning."""
        packets, octets = self.sent
        return ConsumerStats(
            id=self.id,
            producer_id=self.producer_id,
            kind=self.kind,
            paused=self.paused,
            layer=self.current.layer if self.current else None,
            packets_sent=packets,
            bytes_sent=octets,
            packets_resent=self.resent,
            fraction_lost=self.fraction_lost,
            round_trip_time=self.rtt_s,
        )

    def close(self) -> None:
        """Stop for good. Idempotent."""
        if self.closed:
            return
        self.closed = True
        self._detach()
        self.producer.unfollow(self)
        self._sequence_map.clear()
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
        self._sequence_map.begin(
            stream,
            packet,
            now,
            clock_rate=stream.format.clock_rate,
            joins_picture_ids=self.type == "simulcast",
            max_temporal_layer=self._temporal_limit(),
        )
        self.current = stream
        self._target = stream
        if self.current_layers != before:
            self._listener.on_consumer_layers(self, self.current_layers)

    # --- what the transport calls ---

    def resend(self, nack: Nack, now: float) -> None:
        """Answer a NACK (RFC 4585) from the stream's cache: by RTX, or the very same packet again."""
        self._retransmitter.resend(nack.lost, now)

    def sender_report(self, now: float, set_back_s: float = 0.0) -> bytes | None:
        """A report and CNAME for this track (RFC 3550 section 6.4.1), with the sender's own NTP time for lip-sync.

        It tells of a moment `set_back_s` ago, which is as good: both of its clocks are set back.
        """
        stream, forward = self.current, self._sequence_map.forward
        if stream is None or stream.clock is None or forward is None:
            return None
        ntp, timestamp = stream.clock.at(now - set_back_s)
        packets, octets = self.sent
        report = build_sender_report(
            ssrc=self.ssrc,
            ntp=ntp,
            rtp_timestamp=(timestamp + forward.timestamp_offset) & 0xFFFFFFFF,
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
        return self._sequence_map.sent

    @property
    def resent(self) -> int:
        """Packets that were sent again."""
        return self._retransmitter.resent

    def transport_lost(self) -> None:
        """The transport can't send any more; when it can, `retarget` starts again."""
        self._detach()

    def socket_changed(self) -> None:
        """The destination's socket or readiness changed."""
        self._sequence_map.changed()

    # --- inside ---

    def _temporal_limit(self) -> int:
        layer = self.preferred.temporal_layer
        return EVERY_TEMPORAL_LAYER if layer is None or self.type == "svc" else layer

    def _detach(self) -> None:
        self.producer.stop_waiting(self)
        self._target = None
        if self.current is not None:
            self._sequence_map.end()
            self.current = None
            if not self.closed:
                self._listener.on_consumer_layers(self, None)
