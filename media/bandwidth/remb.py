"""The receiver's own estimate, for clients without transport-wide feedback (draft-alvestrand-rmcat-remb-03).

A receiver's estimate follows what it receives: it ends at one and a half times that, however much the link carries, and
gets there by 8 % a second (libwebrtc's AimdRateControl). So after more is sent it is below that for many seconds, and
rises: that says that nothing queues. One that falls, or stands still below what is sent, says what the link carries.
One well above what is sent says that there is room, and then the next layer is tried. Who is sent nothing says nothing:
then what is wanted is tried. Loss comes from receiver reports, as in gcc-02, section 6.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from media.bandwidth.estimator import MAX_BPS, MIN_BPS, BandwidthStats

if TYPE_CHECKING:
    from media.bandwidth.estimator import Acknowledged, Probe, State

START_BPS: Final = 300_000
ROOM: Final = 1.3
"""A REMB of so many times what is sent says that there is room."""
RISES: Final = 1.03
FALLS: Final = 0.97
"""A REMB that is so many times the one before has risen or fallen. Chromium's come each second, or at once if lower."""
STANDS_S: Final = 2.5
"""A REMB that has not risen for so long stands still."""
FOLLOWS_S: Final = 4.0
"""One that has risen for so long, without a fall, although less than is sent, says that there is room for more."""
GROWTH: Final = 1.25
"""Growth in a second while there is room: 0.3 to 2.5 Mbit/s take 10 s, as each layer has to be sent to be proven."""
AHEAD: Final = 3.5
"""Growth ends at so many times what is sent: the next layer of a camera is within that."""
NOTHING_S: Final = 1.0
"""After so long without any video a receiver has nothing to tell of."""
BLIND_GROWTH: Final = 1.5
"""Growth in a second then: 0.3 to 1 Mbit/s take 3 s."""
FAILED_S: Final = 15.0
"""After a REMB below what was tried nothing is tried for so long, twice as long each time, up to `MAX_FAILED_S`."""
MAX_FAILED_S: Final = 60.0
LOST_MUCH: Final = 0.1
LOST_LITTLE: Final = 0.02
REPORT_S: Final = 1.0
"""Reports of several videos come at once: loss is acted upon once in this time."""
SILENT_S: Final = 3.0
"""Chromium sends a REMB each second. Missing ones, while there is something to report, halve the estimate each time."""
LEAST_BPS: Final = 150_000
"""Loss alone does not take the smallest picture away."""


class RembEstimator:
    """An `Estimator` by what the receiver says; nothing is numbered, and nothing probed."""

    __slots__ = (
        "_estimate",
        "_failed_s",
        "_heard_at",
        "_highest",
        "_limit",
        "_loss",
        "_loss_at",
        "_lost",
        "_nothing_since",
        "_remb",
        "_rises_since",
        "_rose_at",
        "_round_trip_s",
        "_sent_at",
        "_sent_bps",
        "_sent_bytes",
        "_tried_at",
        "_try_at",
    )

    def __init__(self, now: float) -> None:
        self._estimate: float = START_BPS
        self._remb = 0
        self._rose_at = now
        self._rises_since = now
        self._limit = math.inf
        self._loss = 0.0
        self._lost = 0.0
        self._loss_at = now
        self._heard_at = now
        self._round_trip_s: float | None = None
        self._sent_bytes = 0
        self._sent_at = now
        self._sent_bps = 0.0
        self._try_at = now
        self._failed_s = FAILED_S
        # Since when nothing is sent, and when more was last tried because of that.
        self._nothing_since: float | None = now
        self._tried_at = now
        # The highest estimate by which video was sent, 0 before any was: while nothing is sent no more is tried.
        self._highest = 0.0

    @property
    def estimate_bps(self) -> int | None:
        """What may be sent."""
        return int(min(max(min(self._estimate, self._limit), MIN_BPS), MAX_BPS))

    @property
    def settled_bps(self) -> int | None:
        """The same: no queue is known that drains."""
        return self.estimate_bps

    @property
    def capacity_bps(self) -> int | None:
        """Not known."""
        return None

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
        """Not negotiated."""

    def on_remb(self, bitrate_bps: int, now: float) -> None:
        """One above the estimate is believed, and so is a lower one unless it is only on its way up."""
        remb = min(max(bitrate_bps, MIN_BPS), MAX_BPS)
        before, self._remb = self._remb, remb
        self._heard_at = now
        fell = remb < FALLS * before
        if remb > RISES * before:
            self._rose_at = now
        if fell or now - self._rose_at > STANDS_S:
            self._rises_since = now
        if remb >= self._estimate:
            self._estimate = remb
            self._failed_s = FAILED_S
        elif remb < ROOM * self._sent_bps and self._rises_since == now:
            if self._estimate > 1.1 * remb:
                self._try_at = now + self._failed_s
                self._failed_s = min(2 * self._failed_s, MAX_FAILED_S)
            self._estimate = remb

    def on_receiver_report(self, fraction_lost: float, rtt_s: float | None, now: float) -> None:
        """The worst of all videos' losses in a second decides."""
        self._round_trip_s = rtt_s if rtt_s is not None else self._round_trip_s
        self._lost = max(self._lost, min(max(fraction_lost, 0.0), 1.0))
        if now - self._loss_at < REPORT_S:
            return
        self._loss_at = now
        lost, self._lost = self._lost, 0.0
        self._loss += 0.5 * (lost - self._loss)
        if lost > LOST_MUCH:
            using = min(self._estimate, self._limit, max(self._sent_bps, LEAST_BPS))
            self._limit = max(using * (1 - 0.5 * lost), min(LEAST_BPS, self._estimate))
        elif lost < LOST_LITTLE and self._limit < math.inf:
            self._limit *= 1.08
            if self._limit > 1.5 * self._estimate:
                self._limit = math.inf

    def on_nacked(self, packets: int, now: float) -> None:
        """Reports tell the same."""

    def tick(self, now: float, sent_bytes: int, unacknowledged_since_s: float | None) -> None:  # noqa: ARG002
        """Tries more while there is room, and less if nothing is heard."""
        passed = now - self._sent_at
        if passed <= 0.05:
            return
        rate = max(0, sent_bytes - self._sent_bytes) * 8 / passed
        self._sent_bps += min(1.0, passed) * (min(rate, 1e9) - self._sent_bps)
        self._sent_bytes, self._sent_at = sent_bytes, now
        if rate > 0:
            self._nothing_since = None
            self._highest = max(self._highest, self._estimate, START_BPS)
        elif self._nothing_since is None:
            self._nothing_since = now
        if now - self._heard_at > SILENT_S:
            self._heard_at = now
            if rate > 0 and self._remb:
                self._estimate = max(self._estimate / 2, min(self._estimate, LEAST_BPS))
            return
        follows = self._remb > 0 and now - self._rises_since > FOLLOWS_S
        room = (self._remb >= ROOM * self._sent_bps or follows) and self._sent_bps > 0 and self._loss < LOST_MUCH
        if room and now >= self._try_at and self._estimate < AHEAD * self._sent_bps:
            self._estimate = min(self._estimate * GROWTH ** min(passed, 1.0), AHEAD * self._sent_bps)

    def probe(self, now: float, wanted_bps: int) -> Probe | None:
        """None: a short cluster does not move a receiver's estimate. Where nothing is sent, video itself is tried."""
        passed, self._tried_at = now - self._tried_at, now
        nothing = self._nothing_since is not None and now - self._nothing_since > NOTHING_S
        most = min(wanted_bps, self._highest or math.inf)
        if nothing and now >= self._try_at and (self.estimate_bps or 0) < most:
            growth = BLIND_GROWTH ** min(passed, 1.0)
            self._estimate = max(self._estimate, min(self._estimate * growth, most))
            self._limit *= growth  # of losses nothing is told either
        return None

    def attentive(self, now: float) -> bool:  # noqa: ARG002
        """Never: nothing is numbered."""
        return False

    def stats(self) -> BandwidthStats:
        """What the receiver says."""
        state: State = "lossy" if self._limit < self._estimate else "steady" if self._remb else "unknown"
        return BandwidthStats(
            state,
            self.estimate_bps,
            None,
            int(min(self._estimate, MAX_BPS)),
            int(self._limit) if self._limit < MAX_BPS else None,
            self._loss,
            0.0,
            self._round_trip_s,
        )
