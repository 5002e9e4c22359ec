"""Counters for people and tests, in the units that W3C webrtc-stats uses (octets as bytes, seconds, bits/s)."""

from __future__ import annotations

import msgspec


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


class TransportStats(msgspec.Struct, rename="camel"):
    """One client connection. `protocol` is `udp` or `tcp`, None before anything has come."""

    id: str
    state: str
    protocol: str | None
    packets_received: int
    bytes_received: int
    available_bitrate: int | None
    producers: list[ProducerStats]
    consumers: list[ConsumerStats]
    packets_over_limit: int = 0
