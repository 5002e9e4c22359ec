"""Parts of the packet path without a network: streams that are fed bytes, and a way out that keeps what it gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from media.consumer import Consumer
from media.ortc.negotiation import (
    generate_router_rtp_capabilities,
    get_consumable_rtp_parameters,
    get_consumer_rtp_parameters,
    get_producer_rtp_parameters_mapping,
)
from media.producer import Producer
from media.rtp.rtp import parse_rtp_header, read_extensions
from media.send.destination import Destination
from media.send.pacing import Pacing
from tests.media.clients import Listener, Rtp, video_parameters, vp8
from tests.media.packets import build_rtp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from media.ortc.negotiation import BandwidthFeedback
    from media.ortc.parameters import RtpParameters
    from media.receive.stream import ReceiveStream
    from media.rtp.packet import Packet
    from media.send.egress import Egress, Members, Rewriter, Target

ROUTER = generate_router_rtp_capabilities()


class KeepingEgress:
    """Writes packets as a real way out would, without protecting them."""

    def __init__(self) -> None:
        self.sent = 0
        self.dropped = 0
        self.packets: list[Rtp] = []

    def fan_out(self, packet: Packet, members: Members) -> None:
        for forward in members.forwards:
            self.put(packet, forward)

    def put(self, packet: Packet, forward: Rewriter) -> None:
        view = memoryview(bytearray(len(packet.data)))
        forward.write(packet, view, 0)
        self.packets.append(Rtp(bytes(view)))
        self.sent += 1

    def put_bytes(self, data: bytes | bytearray, _destination: Target, _number_at: int = -1) -> None:
        self.packets.append(Rtp(bytes(data)))
        self.sent += 1

    def flush(self) -> None:
        """Nothing waits here."""

    def release(self) -> float:
        """Nothing waits here."""
        return 0.0

    def of(self, ssrc: int | None) -> list[Rtp]:
        return [packet for packet in self.packets if packet.header.ssrc == ssrc]


def ready_destination(egress: Egress) -> Destination:
    """A destination that can be sent to, without keys."""
    made = Destination(plain=True)
    made.set_address(("192.0.2.1", 1000), egress)
    return made


class FakeTransport:
    """The transport that producers and consumers see."""

    def __init__(self) -> None:
        self.egress = KeepingEgress()
        self.destination = ready_destination(self.egress)
        self.connected = True
        self.takes_everything = False
        self.bandwidth_feedback: BandwidthFeedback | None = None
        self.requested: list[int] = []
        self.watched: list[ReceiveStream] = []
        self.removed: list[object] = []
        self.layers_asked: list[int] = []
        self.caps_asked: list[int] = []

    def watch_key_frames(self) -> None:
        """Whoever tests it calls `repeat_key_frame_requests`."""

    def request_key_frame(self, ssrc: int) -> None:
        self.requested.append(ssrc)

    def watch_repairs(self, stream: ReceiveStream, _now: float) -> None:
        self.watched.append(stream)

    def ask_for_layers(self, _producer: Producer, count: int, max_bitrates_bps: Sequence[int]) -> None:
        self.layers_asked.append(count)
        self.caps_asked = list(max_bitrates_bps)

    def remove_producer(self, producer: Producer) -> None:
        self.removed.append(producer)

    def next_mid(self) -> str:
        return "0"

    def remove_consumer(self, consumer: Consumer) -> None:
        self.removed.append(consumer)


class Track:
    """A producer that is fed packets, and consumers of it. `now` is its clock."""

    def __init__(
        self,
        parameters: RtpParameters | None = None,
        kind: str = "video",
        producer_type: str = "simple",
        transport: FakeTransport | None = None,
    ) -> None:
        self.now = 100.0
        self.parameters = parameters or video_parameters()
        self.transport = transport or FakeTransport()
        mapping = get_producer_rtp_parameters_mapping(self.parameters, ROUTER)
        consumable = get_consumable_rtp_parameters(cast("Any", kind), self.parameters, ROUTER, mapping)
        self.producer = Producer(
            self.transport, cast("Any", kind), self.parameters, consumable, cast("Any", producer_type), lambda: self.now
        )
        self.producer.open_streams(mapping, 4 if kind == "video" else 0, {}, 5 if kind == "video" else 0)
        self.streams = self.producer.streams
        for layer, stream in enumerate(self.streams):
            stream.ssrc = stream.ssrc or 0x3000 + layer

    def consume(
        self, *, paused: bool = False, transport: FakeTransport | None = None
    ) -> tuple[Consumer, KeepingEgress, Listener]:
        transport, listener = transport or FakeTransport(), Listener()
        parameters = get_consumer_rtp_parameters(self.producer.consumable, ROUTER)
        consumer = Consumer(transport, self.producer, parameters, listener, lambda: self.now, paused=paused)
        consumer.retarget(self.now)
        return consumer, transport.egress, listener

    def feed(
        self,
        number: int,
        payload: bytes,
        timestamp: int = 0,
        layer: int = 0,
        *,
        marker: bool = False,
        extensions: Sequence[tuple[int, bytes]] = (),
        padding: bool = False,
        recovered: bool = False,
        payload_type: int | None = None,
    ) -> None:
        """Receive one packet of a layer, as if it had come by RTX if `recovered`."""
        stream = self.streams[layer]
        payload_type = payload_type or stream.format.received_payload_type
        data = build_rtp(payload_type, number & 0xFFFF, timestamp, 1, payload, marker=marker, extensions=extensions)
        if padding:
            data += bytes(3) + b"\x04"
            data[0] |= 0x20
        header = parse_rtp_header(data, len(data))
        stream.receive(memoryview(data), header, read_extensions(data, header), self.now, recovered=recovered)

    def frame(self, number: int, layer: int = 0, *, key: bool = False, temporal_layer: int = 0, size: int = 8) -> None:
        """One frame of one packet of `size` bytes and more, with picture id and timestamp after the number."""
        payload = vp8(number & 0x7FFF, key=key, temporal_layer=temporal_layer, body=number.to_bytes(size, "big"))
        self.feed(number, payload, number * 3000 & 0xFFFFFFFF, layer)


class Narrow:
    """A track to somebody on a narrow link; `drain` lets so many steps of 5 ms pass."""

    def __init__(self, track: Track, rate_bps: int) -> None:
        self.track = track
        transport = FakeTransport()
        self.consumer, self.egress, _ = track.consume(transport=transport)
        destination = transport.destination
        find = {self.consumer.ssrc: self.consumer}.get
        self.pacing = destination.pacing = Pacing(destination, lambda: None, find, track.now)
        self.pacing.adapt(rate_bps, 0.0, track.now, limited=True)
        self.consumer.stream.socket_changed()

    def drain(self, steps: int) -> None:
        """Let time pass, and packets leave."""
        for _ in range(steps):
            self.track.now += 0.005
            self.pacing.drain(self.track.now)

    @property
    def numbers(self) -> list[int]:
        """Sequence numbers of what has left."""
        return [p.sequence_number for p in self.egress.of(self.consumer.ssrc)]


def body(packet: Rtp) -> int:
    """The number that `Track.frame` was given."""
    return int.from_bytes(packet.payload[-8:], "big")
