"""The rate that delays allow: multiplicative and additive growth, decrease below what arrives (gcc-02, section 5.5).

A decrease goes further than the draft's 0.85 if a queue has been measured: until it is empty less than the link carries
is sent, and then at once what the link has been seen to carry.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from media.bandwidth.trend_line import Usage

DECREASE: Final = 0.85
"""The share of what arrives that is sent after an overuse (the draft's beta)."""
GROWTH: Final = 1.08
"""Growth in a second while the link's capacity is not known (the draft's eta)."""
PROVEN_BPS: Final = 10_000
"""Growth ends at so many times what arrives plus this: what is not sent proves nothing."""
DRAIN_S: Final = 1.5
"""The time in which a queue shall be empty again."""
MAX_DRAIN_S: Final = 4.0
LEAST_DRAIN: Final = 0.35
"""The least share of what arrives that is sent while a queue drains."""
LEAST_STEP: Final = 0.35
"""One decrease leaves at least this share of what is sent: what arrives of a burst may be far less than the link's."""
SURE_S: Final = 0.15
"""Before a queue of this length arrivals are as fast as the link, and no such bound is needed."""
WRONG: Final = 0.65
"""A measured rate that is only so much of what a decrease has left shows that it was not enough: no need to wait."""
LEAST_CARRIED: Final = 0.25
"""A queue that grows fast says that at least this share of what is sent is carried."""
LEAST_SHARE_BPS: Final = 180_000
SHARED: Final = 0.6
"""What we keep to as long as that share of it arrives: a transfer that fills each queue shall end no call."""
TRICKLES: Final = 0.4
"""With less than this share of what is sent arriving it is not only that others fill the queue: arrivals and what is
sent are measured over some tenths of a second, in which pictures differ in size."""
LEAST_DRAIN_BPS: Final = 180_000
"""Draining takes longer rather than the smallest picture away, if the link carries that much."""
DRAINED_S: Final = 0.025
"""A queue that short is empty."""
RESTORE: Final = 0.88
"""The share of the link's capacity that is sent once the queue is empty."""
PATIENCE_S: Final = 1.0
"""A queue that does not become shorter in this time and the time it should take is not ours."""
ANSWER_S: Final = 0.2
"""A decrease shows in what arrives after this time, a round trip and the queue."""
UNCERTAIN: Final = 0.35
"""The share of what is thought to arrive that is counted on, if a queue grows and only a sample is numbered."""
SAME: Final = 0.85
"""A queue is ours if so much of what the link carried still arrives, although less is sent."""
OVERFLOWS: Final = 1.15
"""With so many times of what arrives sent, the rest waits or is lost."""
USED: Final = 0.85
"""With less than this share of the rate sent, growth would prove nothing, and ends at the known capacity."""
NEAR: Final = 0.15
"""A rate that is so close to the known capacity grows additively, and a rate beyond says that it has changed."""
PACKET_BITS: Final = 1200 * 8
SPARED_S: Final = 1.0
"""Who has been given a share, and sends less than that, does not fill the queue: others have not followed yet."""


class RateControl:
    """`bitrate_bps` follows how the link is used, told by `update` once for each feedback packet."""

    __slots__ = (
        "_answer_s",
        "_arriving_bps",
        "_at",
        "_carried",
        "_deadline",
        "_decreased_at",
        "_drain_from",
        "_guessed",
        "_restore_bps",
        "_shared_at",
        "bitrate_bps",
        "capacity_bps",
    )

    def __init__(self, bitrate_bps: float, now: float) -> None:
        self.bitrate_bps = bitrate_bps
        self.capacity_bps = math.nan
        """What the link carried at the last overuses; NaN if that is not known or not true any more."""
        self._at = now
        self._decreased_at = -math.inf
        self._restore_bps = 0.0
        self._carried = 0.0
        self._drain_from = 0.0
        self._deadline = 0.0
        self._answer_s = 0.0
        self._arriving_bps = 0.0
        self._guessed = False
        self._shared_at = -math.inf

    @property
    def draining(self) -> bool:
        """Whether less than the link carries is sent, so that a queue becomes empty."""
        return self._restore_bps > 0

    @property
    def carried_bps(self) -> float:
        """What the link is taken to carry: the rate, or while a queue drains what will be given back."""
        return max(self.bitrate_bps, self._restore_bps)

    @property
    def decreased_at(self) -> float:
        """When the last overuse was answered."""
        return self._decreased_at

    def used(self, sent_bps: float) -> bool:
        """Whether the capacity is known, and the rate sent."""
        return not math.isnan(self.capacity_bps) and sent_bps >= USED * self.bitrate_bps

    def proven(self, bitrate_bps: float, now: float) -> None:
        """A probe or a trial has shown that the link carries so much."""
        if bitrate_bps > self.bitrate_bps:
            if not bitrate_bps < self.capacity_bps * (1 + NEAR):
                self.capacity_bps = math.nan
            self.bitrate_bps = bitrate_bps
            self._restore_bps = 0.0
            self._at = now

    def rest(self) -> None:
        """Nothing has been under way for a while: what was to drain is gone."""
        if self.draining:
            self.bitrate_bps = max(self.bitrate_bps, self._restore_bps)
            self._restore_bps = 0.0

    def set(self, bitrate_bps: float, now: float) -> None:
        """Begin from here: what was known is not true any more."""
        self.bitrate_bps = bitrate_bps
        self.capacity_bps = math.nan
        self._restore_bps = 0.0
        self._at = now

    def share(self, bitrate_bps: float, now: float) -> None:
        """So much of what the link carries is ours, be it more or less than before."""
        self.capacity_bps = bitrate_bps / RESTORE
        if self.draining:
            self._restore_bps = bitrate_bps
            self.bitrate_bps = min(self.bitrate_bps, bitrate_bps)
        else:
            self.bitrate_bps = bitrate_bps
        self._decreased_at = self._shared_at = now

    def update(
        self,
        usage: Usage,
        *,
        arriving_bps: float,
        busy_bps: float,
        queue_s: float,
        limit_s: float,
        sent_bps: float,
        rtt_s: float,
        proven: float,
        now: float,
        steepness: float = 0.0,
        full: bool = False,
    ) -> bool:
        """Decide by one feedback packet; True says that the queue there is has to be accepted (it is not ours).

        `arriving_bps` is the mean rate of arrivals and `busy_bps` the rate of the last few of them (0: unknown),
        `limit_s` a queue that says nothing, `steepness` by how many s a second a queue grows that is about to be one,
        `full` that a queue loses packets, however short it is, `sent_bps` what is sent, `proven`
        how many times what arrives growth may reach.
        """
        passed = min(max(now - self._at, 0.0), 1.0)
        self._at = now
        self._arriving_bps = arriving_bps
        self._answer_s = min(ANSWER_S + rtt_s + queue_s, PATIENCE_S)
        full = full and busy_bps > 0 and sent_bps > OVERFLOWS * busy_bps
        if queue_s > limit_s or full:
            carried = busy_bps if busy_bps > 0 else min(arriving_bps, sent_bps) * UNCERTAIN
        else:
            # Who has just begun to send more has the mean behind them.
            carried = max(arriving_bps, busy_bps)
        if self.draining:
            if self._guessed and queue_s > limit_s and busy_bps > 0:
                self._restore_bps = 0.0
                self._decrease(busy_bps, queue_s, limit_s, sent_bps, now, least_step=0.0)
            if queue_s > limit_s and busy_bps > SAME * self._carried:
                self._restore_bps = RESTORE * busy_bps
            if not self._drain(queue_s, limit_s, arriving_bps, sent_bps, now):
                return True
        if steepness > 0:
            carried = min(carried, sent_bps * max(LEAST_CARRIED, 1 - steepness))
        spared = now - self._shared_at < SPARED_S and sent_bps <= self.bitrate_bps
        if (usage == "overusing" or full) and not spared:
            sure = (busy_bps > 0 and queue_s > SURE_S) or steepness > 0 or full
            waited = now - self._decreased_at
            grows = not self.draining or (queue_s > 1.3 * self._drain_from and carried < DECREASE * self.bitrate_bps)
            wrong = sure and carried < WRONG * self.bitrate_bps
            if carried > 0 and ((waited > max(0.2, min(rtt_s + queue_s, 1.0)) and grows) or wrong):
                self._guessed = queue_s > limit_s and busy_bps <= 0
                self._decrease(carried, queue_s, limit_s, sent_bps, now, least_step=0.0 if sure else LEAST_STEP)
        elif usage == "normal" and not self.draining:
            self._increase(arriving_bps, rtt_s, passed, sent_bps, proven)
        return False

    def _drain(self, queue_s: float, limit_s: float, arriving_bps: float, sent_bps: float, now: float) -> bool:
        """Whether the queue drains as it should; False says that it is not ours."""
        # More is sent than arrives: a queue that is full can't grow, nor will it drain, and it is ours.
        overflows = sent_bps > OVERFLOWS * arriving_bps
        least = LEAST_DRAIN_BPS if arriving_bps > TRICKLES * sent_bps else min(LEAST_DRAIN_BPS, arriving_bps)
        if queue_s <= max(DRAINED_S, limit_s / 2):
            self.rest()
        elif overflows and self.bitrate_bps > arriving_bps > 0 and now - self._decreased_at > self._answer_s:
            self.bitrate_bps = min(self.bitrate_bps, max(DECREASE * arriving_bps, LEAST_STEP * self.bitrate_bps, least))
            self._decreased_at = now
        elif now > self._deadline:
            if queue_s <= 0.6 * self._drain_from:
                self.bitrate_bps = max(self.bitrate_bps, self._restore_bps * DECREASE)
                self._restore_bps = 0.0
            elif overflows or arriving_bps > SAME * self._carried:
                # What arrives is what the link carries, and still its queue is as long: too much is sent.
                self.bitrate_bps = min(self.bitrate_bps, max(0.7 * min(self.bitrate_bps, sent_bps), least))
                self._deadline = now + 2 * PATIENCE_S
            elif sent_bps > self.bitrate_bps:
                # Less was allowed, but not sent yet: what becomes of the queue then is still to be seen.
                self._carried = arriving_bps
                self._deadline = now + PATIENCE_S
            else:
                self.bitrate_bps = max(self.bitrate_bps, self._restore_bps * DECREASE)
                self._restore_bps = 0.0
                self.capacity_bps = math.nan
                return False
        return True

    def _decrease(
        self, carried: float, queue_s: float, limit_s: float, sent_bps: float, now: float, *, least_step: float
    ) -> None:
        known = self.capacity_bps
        near = abs(carried - known) <= NEAR * known  # False if it is not known
        self.capacity_bps = known + 0.3 * (carried - known) if near else carried
        target = DECREASE * carried
        if queue_s > limit_s:
            drain = carried * max(LEAST_DRAIN, 1 - queue_s / DRAIN_S)
            target = min(target, max(drain, min(target, LEAST_DRAIN_BPS)))
            restore = RESTORE * carried
            if not self.draining or restore < self._restore_bps:
                self._restore_bps = restore
                self._carried = carried
                self._drain_from = queue_s
                share = max(1 - target / carried, 0.1)
                self._deadline = now + PATIENCE_S + min(queue_s / share, MAX_DRAIN_S)
        self._guessed = self._guessed and least_step > 0
        self._decreased_at = now
        least = least_step * min(self.bitrate_bps, sent_bps)
        if carried > SHARED * sent_bps or self._arriving_bps > TRICKLES * sent_bps:
            least = max(least, LEAST_SHARE_BPS)
        self.bitrate_bps = min(self.bitrate_bps, max(target, least))

    def _increase(self, arriving_bps: float, rtt_s: float, passed: float, sent_bps: float, proven: float) -> None:
        if arriving_bps > self.capacity_bps * (1 + NEAR):
            self.capacity_bps = math.nan
        limit = proven * arriving_bps + PROVEN_BPS
        if not math.isnan(self.capacity_bps) and not self.used(sent_bps):
            limit = min(limit, self.capacity_bps)
        if self.bitrate_bps >= limit:
            return
        if not math.isnan(self.capacity_bps):
            grown = self.bitrate_bps + passed * max(4000.0, PACKET_BITS / (rtt_s + 0.1))
        else:
            grown = self.bitrate_bps * GROWTH**passed
        self.bitrate_bps = min(grown, limit)
