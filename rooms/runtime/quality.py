"""How good somebody's connection is, from what media counts anyway. Pure but for the counters it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from media.transport import WebRtcTransport
    from rooms.protocol import Quality
    from rooms.runtime.receiving import Receiving

# Loss as a share of packets, round trips in seconds: above the first number fair, above the second poor.
LOSS_LIMITS: Final = (0.03, 0.1)
ROUND_TRIP_LIMITS_S: Final = (0.3, 0.6)
# Fewer packets than this since the last look say nothing.
MIN_PACKETS: Final = 20


def judge(loss: float | None, round_trip_s: float | None) -> Quality:
    """A word for both numbers, the worse one counts; None for not known."""
    if loss is None and round_trip_s is None:
        return "unknown"
    grades: tuple[Quality, ...] = ("good", "fair", "poor")
    loss_grade = sum((loss or 0.0) > limit for limit in LOSS_LIMITS)
    delay_grade = sum((round_trip_s or 0.0) > limit for limit in ROUND_TRIP_LIMITS_S)
    return grades[max(loss_grade, delay_grade)]


class QualityMeter:
    """For one participant; call `measure` every few seconds."""

    def __init__(self) -> None:
        # Lost and received packets at the last look, by producer and layer.
        self._received: dict[tuple[str, int], tuple[int, int]] = {}
        # What the last judgement came from: shares of packets, seconds; None for not known.
        self.upload_loss: float | None = None
        self.download_loss: float | None = None
        self.round_trip_s: float | None = None

    def measure(self, sending: WebRtcTransport, receiving: Receiving) -> Quality:
        """What the participant sends to us, and what arrives of what we send to them, since the last call."""
        active = [consumer for consumer in receiving.consumers.values() if consumer.current is not None]
        round_trips = [consumer.rtt_s for consumer in active if consumer.rtt_s is not None]
        self.download_loss = max((consumer.fraction_lost for consumer in active), default=None)
        self.upload_loss = self._loss_of_sent(sending)
        self.round_trip_s = max(round_trips, default=None)
        losses = [loss for loss in (self.upload_loss, self.download_loss) if loss is not None]
        return judge(max(losses, default=None), self.round_trip_s)

    def _loss_of_sent(self, sending: WebRtcTransport) -> float | None:
        lost = received = 0
        counts: dict[tuple[str, int], tuple[int, int]] = {}
        for producer in sending.producers.values():
            for stream in producer.streams:
                now = (stream.reception.lost, stream.reception.packets)
                before = self._received.get((producer.id, stream.layer), now)
                counts[producer.id, stream.layer] = now
                lost += max(0, now[0] - before[0])
                received += max(0, now[1] - before[1])
        self._received = counts
        return lost / (lost + received) if lost + received >= MIN_PACKETS else None
