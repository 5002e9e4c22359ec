"""A track that a client receives: it follows one stream of a producer at a time, the best that it may have."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final, Protocol

from media.bandwidth.allocation import Need
from media.bandwidth.allocation_ladder import EVERY_LAYER, PAUSED, UNLIMITED, Layers
from media.ortc.negotiation import is_red
from media.ortc.parameters import ConsumerLayers
from media.receive.layers import choose_layer, layers_of
from media.rtp.rtcp import build_sdes_cname, build_sender_report
from media.send.probing import padding_extensions
from media.send.retransmitter import Retransmitter
from media.send.sequence_map import Mark, SequenceMap
from media.stats import ConsumerStats
from media.token_bucket import TokenBucket

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.ortc.negotiation import BandwidthFeedback
    from media.ortc.parameters import MediaKind, ProducerType, RtpParameters
    from media.producer import Producer
    from media.receive.stream import ReceiveStream
    from media.rtp.packet import Packet
    from media.rtp.rtcp import Nack, ReportBlock
    from media.send.destination import Destination
    from media.send.pacing import Unsent
    from media.send.sequence_map import Source

# Keyframes that one consumer can cause, a second and at once, by asking or by pausing, changing layers and falling
# behind: each makes the picture worse for everybody. Who has had theirs waits for the next, or some seconds.
KEY_FRAMES_PER_SECOND: Final = 0.5
KEY_FRAMES_AT_ONCE: Final = 6.0
# While a smaller layer is waited for, the larger one goes on slowly if it takes at most so many times its bitrate.
BRIDGING_SHARE: Final = 1.5
# Temporal layers come back without a keyframe; where the sender never says that they may, they get one after so long.
FRAMES_BACK_AFTER_S: Final = 3.0


class ConsumerListener(Protocol):
    """Who wants to know about a consumer."""

    def on_consumer_closed(self, consumer: Consumer) -> None: ...
    def on_consumer_layers(self, consumer: Consumer, layers: ConsumerLayers | None) -> None: ...


class ConsumerTransport(Protocol):
    """What a consumer sends on: a client's transport, or a recorder."""

    destination: Destination
    # Whether audio is wanted that is withheld from most, because others are louder.
    takes_everything: bool
    # How its client is asked to report on what arrives; None before its first video.
    bandwidth_feedback: BandwidthFeedback | None

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
        self._spatial_layers = spatial_layers(producer)
        self.preferred = ConsumerLayers(self._spatial_layers - 1)
        # What the page makes of it: a higher `priority` first; on the stage or pinned; a screen, to be kept sharp.
        self.priority = 0
        self.on_stage = False
        self.is_screen = False
        # Told when the wishes change: who shares the link out.
        self.on_wish: Callable[[str], None] | None = None
        self.fraction_lost = 0.0
        self.rtt_s: float | None = None
        self._transport = transport
        self._listener = listener
        self._clock = clock
        self._target: ReceiveStream | None = None
        self._takes_red = any(is_red(codec.mime_type) for codec in rtp_parameters.codecs)
        self._allowed = UNLIMITED
        # A spatial layer, and how many bits/s of it there is place for; None: whatever is wanted.
        self._usable: tuple[int, int] | None = None
        self._exceeded = False
        self._misses_frames_since = clock()
        self._told: tuple[ConsumerLayers | None, bool] = (None, False)
        # Where the numbers stood when nothing could be sent any more; None while it can.
        self._held_at: Mark | None = None
        self._sequence_map = SequenceMap(transport.destination, self.ssrc)
        rtx_payload_type = next(
            (c.payload_type for c in rtp_parameters.codecs if c.mime_type.lower().endswith("/rtx")), None
        )
        self._retransmitter = Retransmitter(
            transport.destination,
            self._sequence_map,
            rtx_payload_type,
            self.rtx_ssrc,
            clock(),
            padding_extensions(rtp_parameters),
        )
        self._key_frame_budget = TokenBucket(KEY_FRAMES_PER_SECOND, KEY_FRAMES_AT_ONCE, clock())
        self._sent_reports: list[tuple[int, float]] = []
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
        if self.current is None or forward is None or forward.layers.temporal < 0:
            return None
        spatial, temporal = forward.layers
        layer = min(spatial, self._spatial_layers - 1) if self.type == "svc" else self.current.layer
        return ConsumerLayers(layer, None if temporal == EVERY_LAYER else temporal)

    @property
    def exceeds_link(self) -> bool:
        """Whether nothing is sent because the receiver's link does not carry it, until something is sent again."""
        return self._exceeded and not self.paused and not self.producer.paused

    def pause(self) -> None:
        """Send nothing until `resume`."""
        if not self.paused:
            self.paused = True
            self._detach()
            self._wishes_changed()

    def resume(self) -> None:
        """Send again, video from the next keyframe on."""
        if self.paused:
            self.paused = False
            self._wishes_changed()
            self.retarget(self._clock())

    def set_preferred_layers(self, layers: ConsumerLayers) -> None:
        """Send at most these layers; out-of-range values mean the nearest there is."""
        spatial = max(0, min(layers.spatial_layer, self._spatial_layers - 1))
        self.preferred = ConsumerLayers(spatial, layers.temporal_layer)
        self._wishes_changed()
        self._limit()
        self.retarget(self._clock())

    def set_importance(self, priority: int, *, on_stage: bool) -> None:
        """What comes first where the link does not carry everything: what is on the stage, then a higher priority."""
        if (priority, on_stage) != (self.priority, self.on_stage):
            self.priority, self.on_stage = priority, on_stage
            self._wishes_changed()

    def request_key_frame(self) -> None:
        """Ask the sender for a keyframe of what is being received, not again and again."""
        stream = self.current or self._target
        now = self._clock()
        if stream is None or self.kind != "video":
            return
        if self.affords_key_frame(stream, now):
            self.producer.request_key_frame(stream, now)

    def retarget(self, now: float) -> None:
        """Choose the stream to send; called when something changed, and from time to time."""
        if self.closed or self.paused or self.producer.paused or not self._transport.connected:
            return
        if self._allowed == PAUSED:
            self._tell()
            return
        streams = self.producer.streams
        best = max(0, len(streams) - 1 - self.producer.spared_layers)
        most = min(self.preferred.spatial_layer, self._allowed.spatial, best)
        receiving = self.current.layer if self.current is not None else 0
        self.producer.want_layer(max(most, receiving), now)
        usable, bitrate_bps = self._usable or (most, None)
        self._use(usable, bitrate_bps, now)
        active = [stream.active(now) for stream in streams]
        layer = choose_layer(active, most)
        wanted = streams[layer if layer is not None else most]
        if wanted is not self._target:
            self._target = wanted
            if wanted is self.current:
                self.producer.stop_waiting(self)
                self._limit()
            else:
                self.producer.wait_for_switch_point(self, wanted, now)
        self._come_back(now)
        self._tell()

    def _come_back(self, now: float) -> None:
        """See to it that what may be sent again is: by a keyframe, where it needs one or finds no other place."""
        forward = self._sequence_map.forward
        if forward is None or not forward.drops or self.current is None:
            return
        if forward.whole:
            self._sequence_map.renumber()  # all consumers in plain numbers are sent to together
        if not forward.misses_frames:
            self._misses_frames_since = now
        wanted = forward.misses_size or now - self._misses_frames_since > FRAMES_BACK_AFTER_S
        if wanted and self.affords_key_frame(self.current, now):
            self.producer.request_key_frame(self.current, now)

    def stats(self) -> ConsumerStats:
        """Counters since the beginning."""
        packets, octets = self.sent
        layers = self.current_layers
        return ConsumerStats(
            id=self.id,
            producer_id=self.producer_id,
            kind=self.kind,
            paused=self.paused,
            layer=layers.spatial_layer if layers is not None else None,
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
        self._wishes_changed()
        self.retarget(now)

    def on_producer_closed(self) -> None:
        """Close along with the producer and tell the owner."""
        if not self.closed:
            self.close()
            self._listener.on_consumer_closed(self)

    def affords_key_frame(self, stream: ReceiveStream, now: float) -> bool:
        """Whether the sender is to be asked for a keyframe because of us; it costs nothing while one is on its way."""
        return stream.keyframes.pending or self._key_frame_budget.spend(1, now)

    def on_switch_point(self, stream: ReceiveStream, packet: Packet, now: float) -> None:
        """Go over to `stream`, beginning with `packet`."""
        if self.closed or self.paused or not self._transport.connected:
            return
        if self.current is not None and stream is not self.current:
            self._leave_behind(waiting=True)
        whole = stream.whole if self._transport.takes_everything else None
        plain = None if self._takes_red else stream.plain
        source: Source = stream
        if whole is not None:
            source = whole
        elif plain is not None:
            source = plain
        self._sequence_map.begin(
            source,
            packet if whole is None else whole.numbered(packet),
            now,
            clock_rate=stream.format.clock_rate,
            joins_picture_ids=self.type == "simulcast",
            allowed=self._layer_limit(),
        )
        self.current = stream
        self._target = stream
        self._exceeded = False
        self._tell()

    # --- what shares out the link calls (`media/bandwidth/allocation.py`) ---

    def need(self, now: float) -> Need | None:
        """What this takes of the link; None for sound, and for what is not wanted or not there."""
        costs = self.producer.costs
        if costs is None or self.closed or self.paused or self.producer.paused:
            return None
        temporal = self.preferred.temporal_layer
        wish = Layers(self.preferred.spatial_layer, EVERY_LAYER if temporal is None else temporal)
        ladder = costs.ladder(wish, now, keeps_sharp=self.is_screen)
        if not ladder.rungs:
            return None
        return Need(ladder, important=self.on_stage or self.is_screen, priority=self.priority)

    def could_use(self, layer: int, bitrate_bps: int, now: float) -> None:
        """The link has place for this spatial layer if it takes so much at most, on the wire."""
        self._usable = (layer, bitrate_bps)
        self._use(layer, bitrate_bps, now)

    def _use(self, layer: int, bitrate_bps: int | None, now: float) -> None:
        has_less = self.current is None or self.current.layer < layer
        self.producer.use_layer(self, layer, bitrate_bps, now, has_less=has_less)

    def allow(self, layers: Layers, now: float) -> None:
        """The link carries at most these layers of this video."""
        if layers == UNLIMITED or (self._usable is not None and layers.spatial < self._usable[0]):
            self._usable = None
        if layers == self._allowed:
            return
        self._allowed = layers
        if layers == PAUSED:
            self._exceeded = True
            self._detach()
        else:
            if self.current is not None and layers.spatial < self.current.layer:
                self._leave_behind(waiting=False)
            self._limit()
            self.retarget(now)

    # --- what the transport calls ---

    def resend(self, nack: Nack, now: float) -> int:
        """Answer a NACK (RFC 4585) from the stream's cache: by RTX, or the very same packet again.

        How many packets of it were asked for the first time.
        """
        return self._retransmitter.resend(nack.lost, now, self.rtt_s)

    def send_probe(self, now: float) -> int:
        """Send one packet of a bandwidth probe by this video's RTX stream; its bytes on the wire, 0 if it can't."""
        return 0 if self.closed or self.paused else self._retransmitter.send_probe(now)

    def skip_to_key_frame(self, unsent: Unsent | None = None) -> None:
        """Packets were dropped: go on with the next keyframe, and with the numbers of those that never left."""
        if unsent is not None:
            self._sequence_map.take_back(unsent)
        if self.current is not None:
            self._sequence_map.end()
            self.current = self._target = None
            self.retarget(self._clock())

    def sender_report(self, now: float, set_back_s: float = 0.0, *, by_arrival: bool = False) -> bytes | None:
        """A report and CNAME for this track (RFC 3550 section 6.4.1), with the sender's own NTP time for lip-sync.

        It tells of a moment `set_back_s` ago, which is as good: both of its clocks are set back. Of a sender that has
        not reported there is none, unless `by_arrival`: then its newest packet's arrival by our clock makes one.
        """
        stream, forward = self.current, self._sequence_map.forward
        if stream is None or forward is None:
            return None
        clock = stream.clock or (stream.clock_by_arrival() if by_arrival else None)
        if clock is None:
            return None
        ntp, timestamp = clock.at(now - set_back_s)
        packets, octets = self.sent
        report = build_sender_report(
            ssrc=self.ssrc,
            ntp=ntp,
            rtp_timestamp=(timestamp + forward.timestamp_offset) & 0xFFFFFFFF,
            packet_count=packets & 0xFFFFFFFF,
            octet_count=octets & 0xFFFFFFFF,
        )
        # A deque would take four times as much memory.
        self._sent_reports = [*self._sent_reports[-3:], ((ntp >> 16) & 0xFFFFFFFF, now)]
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

    @property
    def resent_octets(self) -> int:
        """Bytes of all packets that were sent again, with their headers."""
        return self._retransmitter.octets

    def hold(self) -> None:
        """Nothing is sent until `go_on`. What comes meanwhile is only counted, and what waits is dropped."""
        mark = self._sequence_map.mark()
        unsent = self._drop_waiting()
        if unsent is not None:
            back = (mark.upcoming - unsent.first) & 0xFFFF
            mark = Mark(mark.upcoming - back, mark.packets - unsent.packets, mark.octets - unsent.octets)
        self._held_at = mark
        self._sequence_map.changed()

    def go_on(self, now: float) -> None:
        """Send again, video from the next keyframe on, with the numbers of all that was not sent."""
        if self._held_at is not None:
            self._sequence_map.go_back(self._held_at)
            self._held_at = None
            self.producer.stop_waiting(self)
            self.current = self._target = None
            self.retarget(now)
        else:
            self._sequence_map.changed()
            self.request_key_frame()

    def transport_lost(self) -> None:
        """The transport can't send any more; when it can, `retarget` starts again."""
        self._detach()

    def socket_changed(self) -> None:
        """The destination's socket or readiness changed."""
        self._sequence_map.changed()

    # --- inside ---

    def _layer_limit(self) -> Layers:
        """What of the stream that is sent may be sent: the page's wish or what the link carries, the smaller counts."""
        svc = self.type == "svc"
        spatial, temporal = EVERY_LAYER, self.preferred.temporal_layer
        if svc and self.preferred.spatial_layer < self._spatial_layers - 1:
            spatial = self.preferred.spatial_layer
        if temporal is None:
            temporal = EVERY_LAYER
        allowed = self._allowed
        if svc and allowed.spatial < self._spatial_layers - 1:
            spatial = min(spatial, allowed.spatial)
        return Layers(spatial, min(temporal, allowed.temporal))

    def _limit(self) -> None:
        """Leave out what may not be sent, without waiting for a keyframe.

        A larger stream than is allowed goes on with its slowest layer until the smaller one has come, or not at all if
        even that is too much.
        """
        if self.current is None:
            return
        limit = self._layer_limit()
        if self.type != "svc" and self._allowed.spatial < self.current.layer:
            costs = self.producer.costs
            slowest = costs.bitrate_bps(Layers(self.current.layer, 0)) if costs is not None else 0
            allowed = costs.bitrate_bps(self._allowed) if costs is not None else 0
            limit = Layers(EVERY_LAYER, 0) if slowest <= allowed * BRIDGING_SHARE else PAUSED
        self._sequence_map.limit_layers(limit)

    def _leave_behind(self, *, waiting: bool) -> None:
        """Another stream follows: on a narrow link nothing of the one before may stand in its way.

        Of a smaller one that is mostly the keyframe that its sender has made of all layers at once.
        """
        unsent = self._drop_waiting(waiting=waiting)
        if unsent is not None:
            self._sequence_map.take_back(unsent)

    def _drop_waiting(self, *, waiting: bool = True) -> Unsent | None:
        pacing, newest = self._transport.destination.pacing, self._sequence_map.newest
        if pacing is None or newest is None:
            return None
        return pacing.leave(self.ssrc, self.rtx_ssrc, newest[0], waiting=waiting)

    def _wishes_changed(self) -> None:
        if self.on_wish is not None:
            self.on_wish(self.id)

    def _tell(self) -> None:
        """Tell the owner what is sent now, if it is something else than before."""
        forward = self._sequence_map.forward
        bridging = forward is not None and forward.layers.temporal < 0
        now = (self.current_layers, self.exceeds_link)
        if now != self._told and not bridging and not self.closed:
            self._told = now
            self._listener.on_consumer_layers(self, now[0])

    def _detach(self) -> None:
        self.producer.stop_waiting(self)
        self._target = None
        if self.current is not None:
            self._sequence_map.end()
            self.current = None
        self._tell()


def spatial_layers(producer: Producer) -> int:
    """How many sizes of its video a producer sends."""
    if producer.type == "svc":
        return layers_of(producer.rtp_parameters.encodings[0].scalability_mode)[0]
    return len(producer.streams)
