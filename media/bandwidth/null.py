"""An estimator of links that nobody reports about: it knows nothing and limits nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from media.bandwidth.estimator import BandwidthStats

if TYPE_CHECKING:
    from media.bandwidth.estimator import Acknowledged, Probe


class NullEstimator:
    """Everything may be sent; nothing is numbered or probed."""

    estimate_bps = None
    settled_bps = None
    capacity_bps = None

    def __init__(self) -> None:
        self._round_trip_s: float | None = None
        self._loss = 0.0

    @property
    def draining(self) -> bool:
        """Never: no queue is known."""
        return False

    @property
    def crowded(self) -> bool:
        """Never: no queue is known."""
        return False

    @property
    def flow(self) -> None:
        """Nobody tells when packets wait."""

    @property
    def decreased_at(self) -> float:
        """Nobody tells when the link is overused."""
        return -math.inf

    def on_feedback(self, sent: Acknowledged, now: float) -> None:
        """Not wanted."""

    def on_remb(self, bitrate_bps: int, now: float) -> None:
        """Not wanted."""

    def on_receiver_report(self, fraction_lost: float, rtt_s: float | None, now: float) -> None:  # noqa: ARG002
        """For the figures only."""
        self._loss = fraction_lost
        self._round_trip_s = rtt_s if rtt_s is not None else self._round_trip_s

    def on_nacked(self, packets: int, now: float) -> None:
        """Not wanted."""

    def tick(self, now: float, sent_bytes: int, unacknowledged_since_s: float | None) -> None:
        """Nothing changes by itself."""

    def probe(self, now: float, wanted_bps: int) -> Probe | None:  # noqa: ARG002
        """There is nobody to tell what arrives."""
        return None

    def attentive(self, now: float) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def stats(self) -> BandwidthStats:
        """What receiver reports say."""
        return BandwidthStats("unknown", None, None, None, None, self._loss, 0.0, self._round_trip_s)
