"""Counters for people and tests, in the units that W3C webrtc-stats uses (octets as bytes, seconds, bits/s)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import msgspec

if TYPE_CHECKING:
    from media.consumer import Consumer
    from media.producer import Producer
    from media.transport import WebRtcTransport


class StreamStats(msgspec.Struct, rename="camel"):
    """One received stream (a simulcast layer, or the only one)."""

    layer: int
    ssrc: int | None
    packets_received: int
    bytes_received: int
    packets_lost: int
    packets_repaired: int
    packets_discarded: int
    jitter: float
    consumers: int


class ProducerStats(msgspec.Struct, rename="camel"):
    """One track from the client."""

    id: str
    kind: str
    type: str
    paused: bool
    streams: list[StreamStats]

    @classmethod
    def of(cls, producer: Producer) -> Self:
        """As it stands."""
        streams = [
            StreamStats(
                layer=stream.layer,
                ssrc=stream.ssrc,
                packets_received=stream.reception.packets,
                bytes_received=stream.reception.octets,
                packets_lost=stream.reception.lost,
                packets_repaired=stream.repaired,
                packets_discarded=stream.discarded,
                jitter=stream.reception.jitter_s,
                consumers=len(stream.forwards),
            )
            for stream in producer.streams
        ]
        return cls(producer.id, producer.kind, producer.type, producer.paused, streams)


class ConsumerStats(msgspec.Struct, rename="camel"):
    """One track to the client. `layer` is None while nothing is sent."""

    id: str
    producer_id: str
    kind: str
    paused: bool
    layer: int | None
    packets_sent: int
    bytes_sent: int
    packets_resent: int
    fraction_lost: float
    round_trip_time: float | None

    @classmethod
    def of(cls, consumer: Consumer) -> Self:
        """As it stands."""
        packets, octets = consumer.sent
        return cls(
            id=consumer.id,
            producer_id=consumer.producer_id,
            kind=consumer.kind,
            paused=consumer.paused,
            layer=consumer.current.layer if consumer.current else None,
            packets_sent=packets,
            bytes_sent=octets,
            packets_resent=consumer.resent,
            fraction_lost=consumer.fraction_lost,
            round_trip_time=consumer.rtt_s,
        )


class TransportStats(msgspec.Struct, rename="camel"):
    """One client connection."""

    id: str
    state: str
    packets_received: int
    bytes_received: int
    available_bitrate: int | None
    producers: list[ProducerStats]
    consumers: list[ConsumerStats]

    @classmethod
    def of(cls, transport: WebRtcTransport) -> Self:
        """As it stands."""
        return cls(
            id=transport.id,
            state=transport.state.value,
            packets_received=transport.received_packets,
            bytes_received=transport.received_octets,
            available_bitrate=transport.available_bitrate_bps,
            producers=[ProducerStats.of(producer) for producer in transport.producers.values()],
            consumers=[ConsumerStats.of(consumer) for consumer in transport.consumers.values()],
        )
