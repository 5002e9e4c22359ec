"""What a node counts of somebody's media anyway, as figures of the time since it looked last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from rooms.runtime.figures import Figures

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from media.stats import TransportStats
    from rooms.runtime.receiving import Receiving

K = TypeVar("K", bound="Hashable")

# Fewer packets than this since the last look say nothing of loss.
MIN_PACKETS: Final = 20


class TrafficMeter:
    """For one participant; call both methods every so often. `now_s` is in seconds from anywhere."""

    def __init__(self, now_s: float) -> None:
        self._at_s = {"up": now_s, "down": now_s}
        # Packets lost, packets received and octets at the last look, by producer and layer; packets sent and octets.
        self._received: dict[tuple[str, int], tuple[int, int, int]] = {}
        self._sent: dict[str, tuple[int, int]] = {}

    def up(self, stats: TransportStats, now_s: float) -> Figures:
        """What the participant sends to the node."""
        passed_s = self._passed("up", now_s)
        counts = {
            (producer.id, stream.layer): (stream.packets_lost, stream.packets_received, stream.bytes_received)
            for producer in stats.producers
            for stream in producer.streams
        }
        lost, received, octets = _grown(counts, self._received, 3)
        self._received = counts
        jitters = [
            stream.jitter for producer in stats.producers for stream in producer.streams if stream.packets_received
        ]
        return Figures(
            loss=lost / (lost + received) if lost + received >= MIN_PACKETS else None,
            bitrate_bps=8 * octets / passed_s if passed_s > 0 else None,
            jitter_ms=1000 * max(jitters) if jitters else None,
            by_tcp=_by_tcp(stats),
        )

    def down(self, stats: TransportStats, receiving: Receiving, now_s: float) -> Figures:
        """What the node sends to the participant."""
        passed_s = self._passed("down", now_s)
        counts = {consumer.id: (consumer.packets_sent, consumer.bytes_sent) for consumer in stats.consumers}
        _, octets = _grown(counts, self._sent, 2)
        shares = [
            (max(0, consumer.packets_sent - self._sent.get(consumer.id, (0, 0))[0]), consumer.fraction_lost)
            for consumer in stats.consumers
            if consumer.layer is not None
        ]
        self._sent = counts
        packets = sum(count for count, _ in shares)
        active = [consumer for consumer in stats.consumers if consumer.layer is not None]
        round_trips = [one.round_trip_time for one in active if one.round_trip_time is not None]
        layers = [one.layer for one in active if one.kind == "video" and one.layer is not None]
        return Figures(
            loss=sum(count * lost for count, lost in shares) / packets if packets >= MIN_PACKETS else None,
            bitrate_bps=8 * octets / passed_s if passed_s > 0 else None,
            round_trip_ms=1000 * max(round_trips) if round_trips else None,
            estimate_bps=stats.available_bitrate,
            layer=max(layers, default=None),
            reduced=float(_held_back(receiving, now_s)) if stats.consumers else None,
            by_tcp=_by_tcp(stats),
        )

    def _passed(self, direction: str, now_s: float) -> float:
        before, self._at_s[direction] = self._at_s[direction], now_s
        return now_s - before


def _by_tcp(stats: TransportStats) -> float | None:
    """1 where packets come or go by TCP, 0 for UDP; None where nothing has come yet."""
    return None if stats.protocol is None else float(stats.protocol == "tcp")


def _held_back(receiving: Receiving, now_s: float) -> bool:
    """Whether a video is paused for the link's sake, or goes in a lower layer than is asked for and sent."""
    for consumer in receiving.consumers.values():
        if consumer.exceeds_link:
            return True
        current, streams = consumer.current, consumer.producer.streams
        wanted = min(consumer.preferred.spatial_layer, consumer.producer.best_layer)
        if current is not None and current.layer < wanted and streams[wanted].active(now_s):
            return True
    return False


def _grown(now: Mapping[K, tuple[int, ...]], before: Mapping[K, tuple[int, ...]], width: int) -> list[int]:
    """How much each of `width` counts has grown since before, in sum; what is new has grown from nothing."""
    nothing = (0,) * width
    sums = [0] * width
    for key, counts in now.items():
        for place, (count, earlier) in enumerate(zip(counts, before.get(key, nothing), strict=True)):
            sums[place] += max(0, count - earlier)
    return sums
