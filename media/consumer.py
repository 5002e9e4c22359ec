"""A track that a client receives: it follows one stream of a producer at a time, the best that it may have."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final, Protocol

from media.bandwidth.allocation import Need
from media.bandwidth.allocation_ladder import UNLIMITED
from media.bandwidth.layer_limits import LayerLimits
from media.ortc.negotiation import is_red
from media.receive.layers import choose_layer, layers_of
from media.send.send_stream import SendStream
from media.send.sent_reports import SentReports
from media.stats import ConsumerStats
from media.token_bucket import TokenBucket

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.bandwidth.allocation_ladder import Layers
    from media.ortc.negotiation import BandwidthFeedback
    from media.ortc.parameters import ConsumerLayers, MediaKind, RtpParameters
    from media.producer import Producer
    from media.receive.stream import ReceiveStream
    from media.rtp.packet import Packet
    from media.rtp.rtcp import Nack
    from media.send.destination import Destination
    from media.send.pacing import Unsent
    from media.send.sequence_map import Source

# Keyframes that one consumer can cause, a second and at once, by asking or by pausing, changing layers and falling
# behind: each makes the picture worse for everybody. Who has had theirs waits for the next, or some seconds.
KEY_FRAMES_PER_SECOND: Final = 0.5
KEY_FRAMES_AT_ONCE: Final = 6.0
# Temporal layers come back without a keyframe; where the sender never says that they may, they get one after so long.
FRAMES_BACK_AFTER_S: Final = 3.0
# Of a receiver that is about to give up a packet it is not known whether it needs it: it gets no more keyframes for it.
RESCUES_APART_S: Final = 3.0


class ConsumerListener(Protocol):
    """Who wants to know about a consumer."""

    def on_consumer_closed(self, consumer: Consumer) -> None: ...
    def on_consumer_layers(self, consumer: Consumer, layers: ConsumerLayers | None) -> None: ...


class ConsumerTransport(Protocol):
    """What a consumer sends on: a client's transport, or a recorder."""

    destination: Destination
    # Whether it wants what others don't get: audio that is not among the loudest, video that a full node withholds.
    takes_everything: bool
    # How its client is asked to report on what arrives; None before its first video.
    bandwidth_feedback: BandwidthFeedback | None

    @property
    def connected(self) -> bool: ...
    def next_mid(self) -> str: ...
    def remove_consumer(self, consumer: Consumer) -> None: ...


class Consumer:
    """Starts paused or not; sends nothing before its transport is connected."""

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
        self.id = str(uuid.uuid4())
        self.producer = producer
        self.rtp_parameters = rtp_parameters
        self.paused = paused
        self.closed = False
        self.current: ReceiveStream | None = None
        self.stream = SendStream(transport.destination, rtp_parameters, clock())
        self.reports = SentReports(self.stream.ssrc, rtp_parameters.rtcp.cname or "")
        self.limits = LayerLimits(spatial_layers(producer), svc=producer.type == "svc")
        # What the page makes of it: a higher `priority` first; on the stage or pinned; a screen, to be kept sharp.
        self.priority = 0
        self.on_stage = False
        self.is_screen = False
        # Told when the wishes change: who shares the link out.
        self.on_wish: Callable[[str], None] | None = None
        self._transport = transport
        self._listener = listener
        self._clock = clock
        self._target: ReceiveStream | None = None
        self._takes_red = any(is_red(codec.mime_type) for codec in rtp_parameters.codecs)
        self._bare = False
        self._exceeded = False
        self._rescued_at = float("-inf")
        self._misses_frames_since = clock()
        self._told: tuple[ConsumerLayers | None, bool, bool] = (None, False, False)
        self._key_frame_budget = TokenBucket(KEY_FRAMES_PER_SECOND, KEY_FRAMES_AT_ONCE, clock())
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
    def ssrc(self) -> int:
        """The SSRC of what is sent."""
        return self.stream.ssrc

    @property
    def preferred(self) -> ConsumerLayers:
        """What the page would like, within what there is."""
        return self.limits.preferred

    @property
    def current_layers(self) -> ConsumerLayers | None:
        """What is being forwarded; None for nothing. What a full queue leaves out for a moment is no change."""
        forward = self.stream.numbers.forward
        if self.current is None or forward is None:
            return None
        return self.limits.named(self.current.layer, forward.chosen_layers)

    @property
    def fraction_lost(self) -> float:
        """What the receiver says that it lost of late, 0 to 1."""
        return self.reports.fraction_lost

    @property
    def rtt_s(self) -> float | None:
        """The round trip to the receiver in seconds; None before its first report."""
        return self.reports.rtt_s

    def behind_s(self, sequence_number: int, now: float) -> float:
        """By how many seconds of the track a receiver is behind whose newest packet has this number (16 bits)."""
        stream = self.current
        if stream is None:
            return 0.0
        return self.stream.numbers.behind_s(sequence_number, stream.format.clock_rate, now)

    @property
    def exceeds_link(self) -> bool:
        """Whether nothing is sent because the receiver's link does not carry it, until something is sent again."""
        return self._exceeded and not (self.paused or self.producer.paused or self.withheld)

    @property
    def withheld(self) -> bool:
        """Whether nothing is sent because the owner has the producer's track withheld."""
        return self.producer.withheld and not (self.paused or self.producer.paused or self._transport.takes_everything)

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
        self.limits.prefer(layers)
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
        self._ask_for_key_frame()

    def _ask_for_key_frame(self) -> bool:
        """Whether the sender was asked, or has been and has not answered."""
        stream = self.current or self._target
        now = self._clock()
        if stream is None or self.kind != "video" or not self.affords_key_frame(stream, now):
            return False
        self.producer.request_key_frame(stream, now)
        return True

    def retarget(self, now: float) -> None:
        """Choose the stream to send; called when something changed, and from time to time."""
        if self.closed or self.paused or self.producer.paused or not self._transport.connected:
            return
        if self.withheld:
            self._detach()
            return
        if self.limits.paused:
            self._tell()
            return
        streams = self.producer.streams
        if self.kind == "audio" and len(streams) == 1 and self.current is not None and self.current is self._target:
            return  # there is nothing else to send
        best = len(streams) - 1 if self._transport.takes_everything else self.producer.best_layer
        most = self.limits.most(best)
        receiving = self.current.layer if self.current is not None else 0
        self.producer.want_layer(max(most, receiving), now)
        usable, bitrate_bps = self.limits.usable or (most, self._place_for(most))
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
        forward = self.stream.numbers.forward
        if forward is None or not forward.misses_frames:
            self._misses_frames_since = now
        if forward is None or not forward.drops or self.current is None:
            return
        if forward.whole:
            self.stream.numbers.renumber()  # all consumers in plain numbers are sent to together
        wanted = forward.misses_size or now - self._misses_frames_since > FRAMES_BACK_AFTER_S
        if wanted and self.affords_key_frame(self.current, now):
            self.producer.request_key_frame(self.current, now)

    def stats(self) -> ConsumerStats:
        """Counters since the beginning."""
        packets, octets = self.stream.sent
        layers = self.current_layers
        return ConsumerStats(
            id=self.id,
            producer_id=self.producer_id,
            kind=self.kind,
            paused=self.paused,
            layer=layers.spatial_layer if layers is not None else None,
            packets_sent=packets,
            bytes_sent=octets,
            packets_resent=self.stream.resent,
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
        self.stream.numbers.clear()
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
        if self.withheld:
            self._detach()  # it waits no more, and would not begin to by itself
            return
        if self.current is not None and stream is not self.current:
            self.stream.leave_behind(waiting=True)
        whole = stream.whole if self._transport.takes_everything else None
        plain = stream.plain if self._bare or not self._takes_red else None
        source: Source = stream
        if whole is not None:
            source = whole
        elif plain is not None:
            source = plain
        self.stream.numbers.begin(
            source,
            packet if whole is None else whole.numbered(packet),
            now,
            clock_rate=stream.format.clock_rate,
            joins_picture_ids=self.producer.type == "simulcast",
            allowed=self.limits.of_stream,
        )
        self.current = stream
        self._target = stream
        self._exceeded = False
        self._tell()

    # --- what shares out the link calls (`media/bandwidth/allocation.py`) ---

    def need(self, now: float) -> Need | None:
        """What this takes of the link; None for sound, and for what is not wanted or not there."""
        costs = self.producer.costs
        if costs is None or self.closed or self.paused or self.producer.paused or self.withheld:
            return None
        ladder = costs.ladder(self.limits.wish, now, keeps_sharp=self.is_screen)
        if not ladder.rungs:
            return None
        return Need(ladder, important=self.on_stage or self.is_screen, priority=self.priority)

    def could_use(self, layer: int, bitrate_bps: int, now: float) -> None:
        """The link has place for this spatial layer if it takes so much at most, on the wire."""
        self.limits.usable = (layer, bitrate_bps)
        self._use(layer, bitrate_bps, now)

    def _place_for(self, layer: int) -> int | None:
        """How much of a layer the link has place for while nothing is told of that; None for whatever it takes.

        One that does not carry everything got the layer for what it takes now, and may have no place for more.
        """
        return None if self.limits.allowed == UNLIMITED else self.producer.capped_bps(layer)

    def _use(self, layer: int, bitrate_bps: int | None, now: float) -> None:
        has_less = self.current is None or self.current.layer < layer
        self.producer.use_layer(self, layer, bitrate_bps, now, has_less=has_less)

    def allow(self, layers: Layers, now: float) -> None:
        """The link carries at most these layers of this video."""
        if not self.limits.allow(layers):
            return
        if self.limits.paused:
            self._exceeded = True
            self.stream.leave_behind(waiting=True)
            self._detach()
        else:
            if self.current is not None and layers.spatial < self.current.layer:
                self.stream.leave_behind(waiting=False)
            self._limit()
            self.retarget(now)

    def go_bare(self, now: float, *, bare: bool) -> None:
        """Sound goes without redundancy (RFC 2198) and retransmissions, or with them again.

        With them it takes twice as much.
        """
        if self.kind != "audio" or bare is self._bare:
            return
        self._bare = bare
        if self._takes_red and self.current is not None and self.current.plain is not None:
            self.producer.wait_for_switch_point(self, self.current, now)

    # --- what the transport calls ---

    def resend(self, nack: Nack, now: float) -> int:
        """Answer a NACK (RFC 4585) from the stream's cache: by RTX, or the very same packet again.

        How many packets of it were asked for the first time. Of video nothing is sent again while none is sent: when it
        is, it begins with a keyframe, and browsers go on asking for eleven seconds. Nor is bare sound: copies would
        take the place of what is said now.
        """
        if self._bare or (self.current is None and self.kind == "video"):
            return 0
        first = self.stream.resend(nack.lost, now, self.rtt_s)
        if self.stream.hopeless and now - self._rescued_at > RESCUES_APART_S:
            self._rescued_at = now
            self.request_key_frame()
        return first

    def send_probe(self, now: float) -> int:
        """Send one packet of a bandwidth probe by this video's RTX stream; its bytes on the wire, 0 if it can't."""
        return 0 if self.closed or self.paused else self.stream.send_probe(now)

    def repeat(self, sequence_number: int, now: float) -> None:
        """Send a packet again that may have got lost, before anybody asks for it."""
        if not self.closed and not self.paused:
            self.stream.repeat(sequence_number, now)

    def skip_to_key_frame(self, unsent: Unsent | None = None) -> None:
        """Packets were dropped: go on with the next keyframe, and with the numbers of those that never left."""
        if unsent is not None:
            self.stream.numbers.take_back(unsent)
        if self.current is not None:
            self.stream.numbers.end()
            self.current = self._target = None
            self.retarget(self._clock())

    def sender_report(self, now: float, set_back_s: float = 0.0, *, by_arrival: bool = False) -> bytes | None:
        """A report and CNAME for this track (RFC 3550 section 6.4.1), with the sender's own NTP time for lip-sync.

        It tells of a moment `set_back_s` ago, which is as good: both of its clocks are set back. Of a sender that has
        not reported there is none, unless `by_arrival`: then its newest packet's arrival by our clock makes one.
        """
        stream, forward = self.current, self.stream.numbers.forward
        if stream is None or forward is None:
            return None
        clock = stream.clock or (stream.clock_by_arrival() if by_arrival else None)
        if clock is None:
            return None
        return self.reports.build(clock, forward.timestamp_offset, self.stream.sent, now, set_back_s)

    def go_on(self, now: float) -> None:
        """Send again what was held, video from the next keyframe on, with the numbers of all that was not sent."""
        if self.stream.go_on():
            self.producer.stop_waiting(self)
            self.current = self._target = None
            self.retarget(now)
        else:
            self.request_key_frame()

    def transport_lost(self) -> None:
        """The transport can't send any more; when it can, `retarget` starts again."""
        self._detach()

    def path_changed(self) -> None:
        """What went to where the client was is lost: mostly more than is worth sending again before a keyframe."""
        if self._ask_for_key_frame():
            self.stream.lose_sent()

    # --- inside ---

    def _limit(self) -> None:
        """Leave out what may not be sent, without waiting for a keyframe."""
        if self.current is not None:
            limit = self.limits.of_followed(self.current.layer, self.producer.costs)
            self.stream.numbers.limit_layers(limit)

    def _wishes_changed(self) -> None:
        if self.on_wish is not None:
            self.on_wish(self.id)

    def _tell(self) -> None:
        """Tell the owner what is sent now, if it is something else than before."""
        forward = self.stream.numbers.forward
        bridging = forward is not None and forward.layers.temporal < 0
        now = (self.current_layers, self.exceeds_link, self.withheld)
        if now != self._told and not bridging and not self.closed:
            self._told = now
            self._listener.on_consumer_layers(self, now[0])

    def _detach(self) -> None:
        self.producer.stop_waiting(self)
        self._target = None
        if self.current is not None:
            self.stream.numbers.end()
            self.current = None
        self._tell()


def spatial_layers(producer: Producer) -> int:
    """How many sizes of its video a producer sends."""
    if producer.type == "svc":
        return layers_of(producer.rtp_parameters.encodings[0].scalability_mode)[0]
    return len(producer.streams)
