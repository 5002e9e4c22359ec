"""The rate that loss allows: loss that comes with the rate is congestion, loss that is always there is the link's own.

The model is that of libwebrtc's loss-based estimator v2 (a link has a bandwidth and an inherent loss), but instead of a
likelihood over candidates it makes an experiment: on loss that cannot be told from congestion send no more than what
arrives. If the loss goes, the bandwidth is known; if it stays, it is inherent, and the rate is given back.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

OBSERVATION_S: Final = 0.3
OBSERVATION_PACKETS: Final = 12
"""An observation is at least so long and has at least so many packets."""
HISTORY_S: Final = 12.0
"""Observations of other rates are compared for so long."""
TOLERATED: Final = 0.07
"""Less loss than this is repaired, and nothing is done about it."""
MOST_TOLERATED: Final = 0.9
"""With more loss than this nothing is repaired, whoever's it is."""
LOWER: Final = 0.8
"""An observation at this share of a rate tells whether loss comes with the rate."""
TRIAL_S: Final = 1.0
"""For so long less is sent in an experiment, before its loss is judged (without the round trip)."""
INHERENT_S: Final = 60.0
"""For so long loss that was found to be the link's own is believed to be."""
HOLD_S: Final = 3.0
MAX_HOLD_S: Final = 12.0
"""After loss by congestion the rate stays for so long, twice as long each time it comes back."""
GROWTH: Final = 1.2
"""Growth in a second after that."""
BACKOFF: Final = 0.92
"""The share of what arrives that is sent when loss comes with the rate."""


LEAST_STEP: Final = 0.5
"""One decrease leaves at least this share of what is sent."""
LEAST_BPS: Final = 180_000
"""Loss alone, unless it is heavy, takes nobody the smallest picture: of so few packets it tells little."""
HEAVY: Final = 0.3
HEAVY_BACKOFF: Final = 0.85
"""With more loss than this nothing can be shown, whoever's it is: less is sent than arrives, in one step."""
SURE: Final = 3.0
UNSURE: Final = 1.0
"""Two shares of lost packets that are `SURE` standard deviations apart are different, less than `UNSURE` is chance. In
between nothing is decided: the next observations tell."""
HEAVY_SURE: Final = 2.0
"""By so many standard deviations loss has to be beyond `HEAVY`: of 12 packets, of which 20 % are lost, 4 often are."""
MAX_TRIAL_S: Final = 3.0
"""An experiment that tells nothing clearly ends after this time."""
REMAINS: Final = 0.3
"""Then the link's own is loss of which so much has remained: by congestion none is left when less is sent."""
WORSE: Final = 1.5
"""Loss that becomes so many times worse during an experiment begins another one, with less."""


class _Observation(NamedTuple):
    at: float
    packets: int
    lost: int
    sent_bps: float


class LossControl:
    """`limit_bps` is what loss allows, infinite if it says nothing; `loss` the share lost lately."""

    __slots__ = (
        "_before_bps",
        "_bytes",
        "_count",
        "_from",
        "_held_until",
        "_history",
        "_hold_s",
        "_ignore_until",
        "_inherent",
        "_inherent_at",
        "_limited_at",
        "_lost",
        "_queued_at",
        "_suspected",
        "_to",
        "_trial_from",
        "_trial_until",
        "_updated_at",
        "heavy",
        "limit_bps",
        "loss",
    )

    def __init__(self, now: float) -> None:
        self.limit_bps = math.inf
        self.loss = 0.0
        self.heavy = False
        """Whether of the last packets more than `HEAVY` were lost."""
        self._history: list[_Observation] = []
        self._count = self._lost = self._bytes = 0
        self._from = math.inf
        self._to = -math.inf
        self._inherent = 0.0
        self._inherent_at = -math.inf
        self._held_until = 0.0
        self._hold_s = HOLD_S
        self._limited_at = -math.inf
        self._trial_from = -math.inf
        self._trial_until = math.inf
        # Of the packets that made it suspicious: how many were lost.
        self._suspected = (0, 1)
        self._before_bps = 0.0
        self._ignore_until = -math.inf
        self._updated_at = now
        self._queued_at = -math.inf

    @property
    def inherent(self) -> float:
        """The share that this link loses whatever is sent."""
        return self._inherent

    @property
    def experimenting(self) -> bool:
        """Whether it is being found out which kind of loss there is."""
        return self._trial_until < math.inf

    def forget_until(self, sent_at: float) -> None:
        """Losses among what was sent before this are an outage, and say nothing about a rate."""
        self._ignore_until = sent_at
        self._count = self._lost = self._bytes = 0
        self._from, self._to = math.inf, -math.inf

    def update(
        self, packets: int, lost: int, size: int, first_sent: float, last_sent: float, *, queued: bool, now: float
    ) -> None:
        """One feedback packet: how many packets it tells of, how many were lost, their bytes in all, when sent.

        Packets that have been told of as lost and did arrive later are taken off `lost` by the caller.

        `queued` says that there is a queue of ours: if it overflows, that is for the delay-based part to end.
        """
        if self.limit_bps < math.inf:
            self._grow(now)
        self._updated_at = now
        if first_sent < self._ignore_until:
            return
        self._count += packets
        self._lost += lost
        self._bytes += size
        self._from = min(self._from, first_sent)
        self._to = max(self._to, last_sent)
        span = self._to - self._from
        if span < OBSERVATION_S or self._count < OBSERVATION_PACKETS:
            if span > 2.0:
                self.forget_until(-math.inf)
            return
        seen = _Observation(now, self._count, max(self._lost, 0), self._bytes * 8 / span)
        self.forget_until(-math.inf)
        share = seen.lost / seen.packets
        self.loss += 0.4 * (share - self.loss)
        self.heavy = is_heavy(seen.lost, seen.packets)
        history = self._history
        history.append(seen)
        while history[0].at < now - HISTORY_S:
            del history[0]
        if queued:
            self._queued_at = now
            if self.experimenting:
                self._trial_until = math.inf
                self.limit_bps = self._before_bps
        elif now - self._queued_at > OBSERVATION_S:
            self._judge(seen, now)

    def _judge(self, seen: _Observation, now: float) -> None:
        if self.experimenting:
            share = seen.lost / seen.packets
            if self.heavy and share > WORSE * self._suspected[0] / self._suspected[1]:
                self._begin_trial(lost=seen.lost, packets=seen.packets, sent_bps=seen.sent_bps, now=now)
            elif now >= self._trial_until:
                self._finish_trial(now)
            return
        recent = self._history[-2:]
        packets = sum(one.packets for one in recent)
        lost = sum(one.lost for one in recent)
        share = lost / packets
        expected = self._inherent if now - self._inherent_at < INHERENT_S else 0.0
        tolerated = min(max(TOLERATED, 1.2 * expected), MOST_TOLERATED)
        deviations = 3.0 if expected else 2.0
        if share <= tolerated + deviations * math.sqrt(tolerated * (1 - tolerated) / packets):
            if share < 0.02 and expected and now - self._inherent_at > HISTORY_S:
                self._inherent *= 0.9
            return
        lower = [one for one in self._history if one.sent_bps <= LOWER * seen.sent_bps]
        lower_packets, lower_lost = sum(one.packets for one in lower), sum(one.lost for one in lower)
        if lower_packets >= 2 * OBSERVATION_PACKETS:
            below = lower_lost / lower_packets
            apart = deviations_apart(lost, packets, lower_lost, lower_packets)
            if apart < UNSURE:
                self._inherent, self._inherent_at = max(below, min(share, 1.5 * below)), now
            elif apart >= SURE:
                arriving = sum(one.sent_bps * (1 - one.lost / one.packets) for one in recent) / len(recent)
                self._limit(BACKOFF * arriving / max(1 - below, 0.5), seen.sent_bps, now)
            return
        self._before_bps = self.limit_bps
        sent_bps = sum(one.sent_bps for one in recent) / len(recent)
        self._begin_trial(lost=lost, packets=packets, sent_bps=sent_bps, now=now)

    def _begin_trial(self, *, lost: int, packets: int, sent_bps: float, now: float) -> None:
        """Send no more than what arrives of what is sent."""
        self._suspected = (lost, packets)
        self._trial_from, self._trial_until = now, now + TRIAL_S
        arriving_bps = sent_bps * (1 - lost / packets)
        if is_heavy(lost, packets):
            self.limit_bps = min(self.limit_bps, HEAVY_BACKOFF * arriving_bps)
        else:
            self.limit_bps = max(BACKOFF * arriving_bps, LEAST_STEP * sent_bps, LEAST_BPS)

    def _finish_trial(self, now: float) -> None:
        trial = [one for one in self._history if one.at > self._trial_from + 0.4 * TRIAL_S]
        lost, packets = sum(one.lost for one in trial), sum(one.packets for one in trial)
        expired = now >= self._trial_from + MAX_TRIAL_S
        if packets < 2 * OBSERVATION_PACKETS and not expired:
            return
        suspected_lost, suspected_packets = self._suspected
        apart = deviations_apart(suspected_lost, suspected_packets, lost, packets) if packets else math.inf
        if UNSURE <= apart < SURE and not expired:
            return
        self._trial_until = math.inf
        share, suspected = lost / max(packets, 1), suspected_lost / suspected_packets
        if apart < UNSURE or (apart < SURE and share >= REMAINS * suspected):
            self._inherent, self._inherent_at = max(share, min(suspected, 1.5 * share)), now
            self.limit_bps = self._before_bps
        else:
            self._limit(self.limit_bps, 0.0, now)

    def _limit(self, limit_bps: float, sent_bps: float, now: float) -> None:
        """Loss has come with the rate: this is what the link carries."""
        if now - self._held_until > 2 * MAX_HOLD_S:
            self._hold_s = HOLD_S
        elif now >= self._held_until:
            self._hold_s = min(2 * self._hold_s, MAX_HOLD_S)
        self.limit_bps = min(self.limit_bps, max(limit_bps, LEAST_STEP * sent_bps, LEAST_BPS))
        self._limited_at = now
        self._held_until = now + self._hold_s

    def _grow(self, now: float) -> None:
        if now >= self._held_until and not self.experimenting:
            self.limit_bps *= GROWTH ** min(max(now - self._updated_at, 0.0), 1.0)

    def rest(self) -> None:
        """Nothing has been under way for a while: what was sent then can't be compared with what will be."""
        self._trial_until = math.inf
        self.limit_bps = math.inf

    def release(self, needed_bps: float) -> None:
        """The limit is of no use any more when it is above what delays allow."""
        if self.limit_bps > 1.2 * needed_bps and not self.experimenting:
            self.limit_bps = math.inf


def is_heavy(lost: int, packets: int) -> bool:
    """Whether more than `HEAVY` of all packets are lost, and not only of these by chance."""
    return lost > HEAVY * packets + HEAVY_SURE * math.sqrt(packets * HEAVY * (1 - HEAVY))


def deviations_apart(lost: int, packets: int, other_lost: int, other_packets: int) -> float:
    """By how many standard deviations the first share of lost packets is above the other one (a pooled z-test)."""
    pooled = (lost + other_lost) / (packets + other_packets)
    deviation = math.sqrt(pooled * (1 - pooled) * (1 / packets + 1 / other_packets))
    difference = lost / packets - other_lost / other_packets
    return difference / deviation if deviation > 0 else 0.0
