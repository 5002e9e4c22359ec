"""A track that a client sends: its streams (one, or one a simulcast layer) and the consumers that watch it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final, Protocol

from media.ortc.header_extensions import AUDIO_LEVEL, DEPENDENCY_DESCRIPTOR
from media.ortc.negotiation import is_red
from media.receive.demand import LayerDemand
from media.receive.layer_caps import LayerCaps
from media.receive.layer_costs import LayerCosts
from media.receive.layer_requests import LayerRequests
from media.receive.stalled import StalledLayers
from media.receive.stream import ReceiveStream, StreamFormat
from media.receive.whole import WholeStream
from media.stats import ProducerStats

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from media.audio.microphone import Microphone
    from media.ortc.negotiation import RtpMapping
    from media.ortc.parameters import MediaKind, ProducerType, RtpCodecParameters, RtpEncodingParameters, RtpParameters
    from media.rtp.packet import Packet


# What an encoder is told to make of a bitrate on the wire: the rest is around the packets.
ENCODED_SHARE: Final = 0.95


class ProducerTransport(Protocol):
    """The transport a producer came with."""

    def request_key_frame(self, ssrc: int) -> None: ...
    def watch_key_frames(self) -> None: ...
    def watch_repairs(self, stream: ReceiveStream, now: float) -> None: ...
    def remove_producer(self, producer: Producer) -> None: ...
    def ask_for_layers(self, producer: Producer, count: int, max_bitrates_bps: Sequence[int]) -> None: ...


class Follower(Protocol):
    """What a producer knows of its consumers."""

    def on_switch_point(self, stream: ReceiveStream, packet: Packet, now: float) -> None: ...
    def affords_key_frame(self, stream: ReceiveStream, now: float) -> bool: ...
    def retarget(self, now: float) -> None: ...
    def on_producer_paused(self) -> None: ...
    def on_producer_resumed(self, now: float) -> None: ...
    def on_producer_closed(self) -> None: ...


class Producer:
    """`streams` are in the order of the encodings: the smallest layer first.

    Closed by its transport, or on its own; closes its consumers (`media/CLOSING.md`).
    """

    def __init__(
        self,
        transport: ProducerTransport,
        kind: MediaKind,
        rtp_parameters: RtpParameters,
        consumable: RtpParameters,
        producer_type: ProducerType,
        clock: Callable[[], float],
    ) -> None:
        self.id = str(uuid.uuid4())
        self.kind = kind
        self.type = producer_type
        self.rtp_parameters = rtp_parameters
        self.consumable = consumable
        self.streams: list[ReceiveStream] = []
        self.costs: LayerCosts | None = None
        self._clock = clock
        self.paused = False
        # So many of the best layers nobody gets, as long as there are others.
        self.spared_layers = 0
        # Whether only who records gets anything of it. Consumers find both out within a second.
        self.withheld = False
        self.closed = False
        self._transport = transport
        self._followers: list[Follower] = []
        self._waiting: dict[ReceiveStream, list[Follower]] = {}
        self._demand = LayerDemand(len(rtp_parameters.encodings), clock()) if kind == "video" else None
        self._caps = LayerCaps(len(rtp_parameters.encodings))
        self._requests = LayerRequests(len(rtp_parameters.encodings))
        self._starting: ReceiveStream | None = None
        layers = len(rtp_parameters.encodings)
        self._stalled = StalledLayers(layers) if kind == "video" and layers > 1 else None

    @property
    def best_layer(self) -> int:
        """The highest spatial layer that goes on to others than who records: some may be spared."""
        return max(0, len(self.streams) - 1 - self.spared_layers)

    def open_streams(
        self, mapping: RtpMapping, abs_send_time_id: int, extensions: dict[int, int], transport_wide_id: int = 0
    ) -> None:
        """Make a stream for each encoding, with the router's payload types from `mapping`."""
        level_ids = (one.id for one in self.rtp_parameters.header_extensions if one.uri == AUDIO_LEVEL)
        audio_level_id = next(level_ids, 0) if self.kind == "audio" else 0
        descriptor_ids = (one.id for one in self.rtp_parameters.header_extensions if one.uri == DEPENDENCY_DESCRIPTOR)
        descriptor_id = next(descriptor_ids, 0)
        for layer, encoding in enumerate(self.rtp_parameters.encodings):
            codec = media_codec(self.rtp_parameters, encoding)
            layered = codec.mime_type.lower() == "video/av1"
            stream_format = StreamFormat(
                mime_type=codec.mime_type,
                clock_rate=codec.clock_rate,
                received_payload_type=codec.payload_type,
                payload_type=mapping.codecs[codec.payload_type],
                extensions=extensions,
                abs_send_time_id=abs_send_time_id,
                transport_wide_id=transport_wide_id,
                red_payload_types=red_payload_types(self.rtp_parameters, mapping),
                uses_nack=any(f.type == "nack" and not f.parameter for f in codec.rtcp_feedback),
                audio_level_id=audio_level_id,
                descriptor_id=descriptor_id if layered else 0,
            )
            stream = ReceiveStream(stream_format, layer, self)
            if self.kind == "audio":
                stream.whole = WholeStream(stream)
            stream.ssrc = encoding.ssrc
            self.streams.append(stream)
        if self.kind == "video":
            self.costs = LayerCosts(self.streams, self.rtp_parameters.encodings)

    # --- what consumers call ---

    def follow(self, follower: Follower) -> None:
        """Tell this consumer what happens to the producer."""
        self._followers.append(follower)
        self.want_layer(0, self._clock())  # most are about to be resumed: it is there by then

    def unfollow(self, follower: Follower) -> None:
        """Forget a consumer."""
        if follower in self._followers:
            self._followers.remove(follower)
        self._caps.forget(follower)
        self.stop_waiting(follower)

    def want_layer(self, layer: int, now: float) -> None:
        """A consumer wants this spatial layer; to be repeated each second for as long as it does."""
        if self._demand is not None and self._demand.want(layer, now):
            self._ask_for_layers(self._demand, now)

    def use_layer(
        self, follower: Follower, layer: int, bitrate_bps: int | None, now: float, *, has_less: bool = False
    ) -> None:
        """A consumer has place for so much of this spatial layer, on the wire; None for whatever it takes.

        To be repeated each second. If nobody has place for what a layer takes, its sender is asked for less of it; so
        much less that it fits well for a consumer that `has_less` than this layer.
        """
        costs = self.costs
        if costs is None or self._demand is None:
            return
        self._caps.use(follower, layer, bitrate_bps, now, has_less=has_less)
        changed = self._caps.decide(costs.full_bps, now) if costs.can_cap(now) else self._caps.lift()
        for index in changed:
            costs.cap(index, self._caps.caps[index], now)
        if changed or self._requests.waiting:
            self._ask_for_layers(self._demand, now)

    def capped_bps(self, layer: int) -> int | None:
        """What the sender was asked to make of this spatial layer at most, on the wire; None for whatever it takes."""
        return self._caps.caps[layer]

    def _ask_for_layers(self, demand: LayerDemand, now: float) -> None:
        caps = [int(ENCODED_SHARE * (cap or 0)) for cap in self._caps.caps]
        if self._requests.due(demand.count, caps, now):
            self._transport.ask_for_layers(self, demand.count, caps)

    def wait_for_switch_point(self, follower: Follower, stream: ReceiveStream, now: float) -> None:
        """Call the consumer once at the stream's next packet that decoding can start with; ask for one."""
        self.stop_waiting(follower)
        self._waiting.setdefault(stream, []).append(follower)
        if self.kind == "video" and stream is not self._starting and follower.affords_key_frame(stream, now):
            self.request_key_frame(stream, now)

    def stop_waiting(self, follower: Follower) -> None:
        """The consumer needs no switch point any more."""
        for stream, waiting in list(self._waiting.items()):
            if follower in waiting:
                waiting.remove(follower)
                if not waiting:
                    del self._waiting[stream]

    def request_key_frame(self, stream: ReceiveStream, now: float) -> None:
        """Ask the sender, not more often than `KeyFrameThrottle` allows."""
        if self.paused or stream.ssrc is None:
            return
        if stream.keyframes.requested(now):
            self._send_key_frame_request(stream, stream.ssrc, now)
        self._transport.watch_key_frames()

    def repeat_key_frame_requests(self, now: float) -> bool:
        """Repeat requests that were not answered, and send those that had to wait; whether there are any."""
        waits = False
        for stream in self.streams:
            if stream.keyframes.pending and not self.paused and stream.ssrc is not None:
                waits = True
                if stream.keyframes.due(now):
                    self._send_key_frame_request(stream, stream.ssrc, now)
        return waits

    def _send_key_frame_request(self, stream: ReceiveStream, ssrc: int, now: float) -> None:
        self._transport.request_key_frame(ssrc)
        for other in self.streams:
            if other is not stream:
                other.keyframes.other_asked(now)

    def retry_key_frames(self, now: float) -> None:
        """The same, and ask anew as long as somebody waits; once a second."""
        if self.paused or self.kind != "video":
            return
        self.repeat_key_frame_requests(now)
        for stream, waiting in self._waiting.items():
            if stream.ssrc is None or stream.keyframes.pending:
                continue
            if any(one.affords_key_frame(stream, now) for one in waiting):
                self.request_key_frame(stream, now)

    def let_layers_go(self, now: float) -> None:
        """Tell the sender which layers nobody wants any more, and what has not been told yet; once a second."""
        if self._demand is None or self.paused:
            return
        if self._demand.release(now) or self._requests.waiting:
            self._ask_for_layers(self._demand, now)

    # --- what streams call ---

    def on_started(self, stream: ReceiveStream, now: float, *, keyframe: bool) -> None:
        """A layer comes (again): who was waiting for it, or made do with a lower one, goes over to it."""
        if len(self.streams) > 1:
            self._starting = stream if keyframe else None
            for follower in list(self._followers):
                follower.retarget(now)
            self._starting = None

    def on_frame(self, stream: ReceiveStream, now: float, *, keyframe: bool) -> None:
        """While the smallest layer goes on, a larger one that has stopped is left at once."""
        if self._stalled is None:
            return
        arrivals = [one.last_arrival for one in self.streams]
        stalled = [self.streams[layer] for layer in self._stalled.frame(stream.layer, arrivals, now, keyframe=keyframe)]
        left = [one for one in stalled if one.active(now)]
        for one in left:
            one.stopped()
        if left:
            for follower in list(self._followers):
                follower.retarget(now)

    def on_switch_point(self, stream: ReceiveStream, packet: Packet, now: float) -> None:
        """Let those start who waited for this."""
        for follower in self._waiting.pop(stream, ()):
            follower.on_switch_point(stream, packet, now)

    def on_missing(self, stream: ReceiveStream, now: float) -> None:
        """Have the transport ask for lost packets."""
        self._transport.watch_repairs(stream, now)

    # --- what the owner calls ---

    def listen(self, microphone: Microphone) -> None:
        """Have a microphone hear how loud each packet is; its gate may keep packets from most consumers."""
        for stream in self.streams:
            stream.microphone = microphone

    def pause(self) -> None:
        """Forward nothing until `resume`."""
        if not self.paused:
            self.paused = True
            for follower in list(self._followers):
                follower.on_producer_paused()

    def resume(self) -> None:
        """Forward again; consumers of video wait for a keyframe."""
        if self.paused:
            self.paused = False
            now = self._clock()
            for follower in list(self._followers):
                follower.on_producer_resumed(now)

    def stats(self) -> ProducerStats:
        """Counters since the beginning."""
        streams = [stream.stats() for stream in self.streams]
        return ProducerStats(self.id, self.kind, self.type, self.paused, streams)

    def close(self) -> None:
        """End the track for everybody. Idempotent."""
        if self.closed:
            return
        self.closed = True
        self._transport.remove_producer(self)
        for follower in list(self._followers):
            follower.on_producer_closed()
        self._followers.clear()
        self._waiting.clear()
        for stream in self.streams:
            stream.close()


def media_codec(parameters: RtpParameters, encoding: RtpEncodingParameters) -> RtpCodecParameters:
    """The codec (never RTX or RED) that an encoding uses: the one it names, else the first."""
    for codec in parameters.codecs:
        if codec.payload_type == encoding.codec_payload_type and not is_red(codec.mime_type):
            return codec
    return parameters.codecs[0]


def red_payload_types(parameters: RtpParameters, mapping: RtpMapping) -> tuple[int, int] | None:
    """The sender's and the router's payload types for redundant audio; None where it is not used."""
    for codec in parameters.codecs:
        if is_red(codec.mime_type):
            return codec.payload_type, mapping.codecs[codec.payload_type]
    return None
