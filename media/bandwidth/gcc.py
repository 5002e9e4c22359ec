"""Google Congestion Control at the sender (draft-ietf-rmcat-gcc-02, and libwebrtc's goog_cc where it goes further).

Feedback → groups → trend and queue → rate by delay; feedback → loss → rate by loss; probes raise the first; the
estimate is the lower one. Works alike when only a sample of the packets is numbered.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from media.bandwidth.acknowledged import AcknowledgedRate
from media.bandwidth.arrival_groups import ArrivalGroups
from media.bandwidth.estimator import MAX_BPS, MIN_BPS, BandwidthStats
from media.bandwidth.loss import LossControl
from media.bandwidth.own_backlog import OwnBacklog
from media.bandwidth.own_bursts import OwnBursts
from media.bandwidth.probes import Probes
from media.bandwidth.rate_control import RateControl
from media.bandwidth.trend_line import QUEUE_S, TrendLine

if TYPE_CHECKING:
    from media.bandwidth.estimator import Acknowledged, Probe, State

START_BPS: Final = 300_000
"""The estimate before anything is known: the lowest layers fit, and probes of 0.9 and 1.8 Mbit/s follow."""
LATE_S: Final = 0.35
"""Chromium gives feedback at least each 0.25 s: what is later is looked at closely."""
SILENT_S: Final = 0.5
"""Feedback that is missing for so long, and a round trip, while packets wait for theirs, means that nothing arrives."""
REST_S: Final = 1.0
"""After so long without anything under way all queues of ours are empty."""
SILENT_STEP_S: Final = 0.4
SILENT_SHARE: Final = 0.6
SILENT_LEAST_BPS: Final = 150_000
"""During silence the estimate falls to this share in each step, down to the smallest picture; of a client that goes on
to report, down to nothing: it is there, and no video arrives."""
ATTENTIVE_S: Final = 4.0
"""For so long after anything unusual each packet is numbered."""
START_S: Final = 5.0
CALM_SHARE: Final = 1.5
"""With an estimate of so many times what is wanted, and sent, a sample is enough."""
CALM_QUEUE_S: Final = 0.03
"""A queue beyond this, and beyond what delays vary by, is looked at closely."""
CALM_RTT_S: Final = 0.1
"""So is a round trip that is so much longer than the receiver's reports said before, and so many times what they vary
by (RFC 6298): a way up that varies tells nothing of the way down."""
CALM_RTT_DEVIATIONS: Final = 4.0
MOST_VARIED_S: Final = 0.3
CALM_LOSS: Final = 0.03
NOTICED_S: Final = 0.015
"""Of a queue that is shorter nobody asks where it comes from."""
SURE_S: Final = 0.02
SURE_NOISES: Final = 3.0
"""Where another one says that a bottleneck that we share is overused, a queue of this length is one, and beyond so many
times what delays vary by."""
LOSES: Final = 0.1
OVERFLOWS: Final = 1.25
"""A queue that may be chance is full if more than this share is lost, and so many times what arrives is sent: a short
buffer is, before delays tell."""
SWAMPED: Final = 0.6
SWAMPED_LEAST: Final = 8
"""So is one of which one feedback says that so many packets, and this share of them, were lost while others wait."""
CARRIED: Final = 0.6
"""With less than this share of the estimate arriving while packets queue, the queue is no burst's."""
NACKED: Final = 10
"""So many packets asked for again within a second are unusual."""
CLOCK_JUMP_S: Final = 3.0
"""A receiver's clock that goes so much further than ours, or back, was set anew: what is known of delays is void."""
PROVEN: Final = 1.2
PROVEN_WITHOUT_PROBES: Final = 3.5
"""Growth ends at so many times what arrives; where no probes can be sent, the next layer has to be tried."""
NOTHING_BPS: Final = 30_000
"""Who sends less than this fills no queue."""
SENT_S: Final = 0.3
"""The rate of what is sent is smoothed over this time."""
SHARED_LEAST_BPS: Final = 200_000
"""What we keep to on a link whose queue others fill, while what we send arrives."""
CROWDED_BPS: Final = 1.05 * SHARED_LEAST_BPS
NARROW_BPS: Final = 0.85 * SHARED_LEAST_BPS
"""An estimate below what others leave is that of a link which carries no more: its queue is our own."""
CROWDED_S: Final = 0.1
STANDS_S: Final = 1.0
SHORTER: Final = 0.9
"""With an estimate as low as that a queue so long that does not become shorter is others'."""
SUDDEN_S: Final = 0.03
"""The queue of a link that has just become narrow is longer than `TrendLine.limit_s` by so much at least: what has been
sent since the burst that told of it waits there, too."""
NARROWED: Final = 0.6
"""One that comes with less than this share of what is sent, and of the estimate, came by a link that became narrow."""
BELIEVED: Final = 1.25
"""A capacity is not, if the estimate is so many times that: of a link that has just changed it may be far too low."""
BELIEVED_S: Final = 15.0
"""Nor for longer than that after an overuse: who keeps to it would never find out that the link carries more by now."""
SETTLED_LEAST: Final = 0.92
SETTLED_MOST: Final = 0.95
"""Layers are chosen by such a share of the capacity. One burst that queues lets the estimate fall to 0.85 of it, and it
grows beyond until the next one does; and encoders overshoot what they are asked for."""
BRIEF: Final = 0.75
"""A queue that drains with this share of what will be given back is empty before an encoder has followed."""
MAX_SIZE: Final = 1_000_000


class GccEstimator:
    """An `Estimator` for clients with transport-wide feedback."""

    __slots__ = (
        "_acknowledged",
        "_attentive_until",
        "_backlog",
        "_before_silence",
        "_bursts",
        "_can_probe",
        "_estimate",
        "_feedback_at",
        "_groups",
        "_last_arrived",
        "_last_sent",
        "_loss",
        "_nacked",
        "_nacked_at",
        "_probes",
        "_rate",
        "_reported_at",
        "_reported_rtt_s",
        "_reported_rtt_varies_s",
        "_rtt_s",
        "_sent_at",
        "_sent_bps",
        "_sent_bytes",
        "_shared_until",
        "_silent_at",
        "_silent_since",
        "_stands_s",
        "_stands_since",
        "_sudden",
        "_trend",
        "_waited_s",
        "_wanted_bps",
    )

    def __init__(self, now: float) -> None:
        self._groups = ArrivalGroups()
        self._trend = TrendLine()
        self._backlog = OwnBacklog()
        self._bursts = OwnBursts()
        self._acknowledged = AcknowledgedRate()
        self._rate = RateControl(START_BPS, now)
        self._loss = LossControl(now)
        self._probes = Probes(START_BPS)
        self._estimate = START_BPS
        self._rtt_s = 0.1
        self._reported_at = -math.inf
        # By receiver reports, smoothed.
        self._reported_rtt_s = math.nan
        self._reported_rtt_varies_s = 0.0
        self._last_sent = -math.inf
        self._last_arrived = math.nan
        self._feedback_at = now
        self._silent_at = -math.inf
        self._silent_since = -math.inf
        self._before_silence = 0.0
        self._waited_s = 0.0
        self._wanted_bps = 0
        self._can_probe = False
        self._sent_bytes = 0
        self._sent_at = now
        self._sent_bps = 0.0
        self._nacked = 0
        self._nacked_at = -math.inf
        self._attentive_until = now + START_S
        self._shared_until = -math.inf
        # Since when the queue has not become shorter, although the estimate is as low as it gets; and the queue then.
        self._stands_since = math.inf
        self._stands_s = 0.0
        # Whether a queue drains that a single burst told of: groups do so only later.
        self._sudden = False

    @property
    def estimate_bps(self) -> int | None:
        """What may be sent."""
        return self._estimate

    @property
    def settled_bps(self) -> int | None:
        """What may be sent once a short queue is empty: what the link carries, as long as that is known."""
        carried = self._rate.carried_bps
        capacity = self.capacity_bps
        if capacity is not None and carried < BELIEVED * capacity and not self._rate.draining:
            carried = min(max(carried, SETTLED_LEAST * capacity), SETTLED_MOST * capacity)
        if self._rate.bitrate_bps < BRIEF * carried:
            return self._estimate
        return int(max(min(carried, self._loss.limit_bps, MAX_BPS), MIN_BPS))

    @property
    def draining(self) -> bool:
        """Whether less than the link carries is sent."""
        return self._rate.draining or (self._loss.experimenting and self._loss.heavy)

    @property
    def capacity_bps(self) -> int | None:
        """What the link carried at the last overuses, for a while."""
        capacity = self._rate.capacity_bps
        if math.isnan(capacity) or self._feedback_at - self._rate.decreased_at > BELIEVED_S:
            return None
        return int(capacity)

    @property
    def crowded(self) -> bool:
        """Whether a queue stays although what is sent is as little as it gets beside others."""
        return NARROW_BPS <= self._estimate <= CROWDED_BPS and self._feedback_at - self._stands_since > STANDS_S

    # --- what those who share the bottleneck ask (`media/bandwidth/flow_groups.py`) ---

    @property
    def flow(self) -> GccEstimator:
        """This one, that can be told what its share is."""
        return self

    @property
    def decreased_at(self) -> float:
        """When the last overuse was answered."""
        return self._rate.decreased_at

    @property
    def heard_at(self) -> float:
        """When the last feedback came."""
        return self._feedback_at

    @property
    def queue_s(self) -> float:
        """For how long packets wait."""
        return self._trend.queue_s

    def overused(self, now: float, within_s: float) -> bool:
        """Whether the link has been found to be overused, not longer than that ago."""
        trend, rate = self._trend, self._rate
        known = trend.usage == "overusing" or rate.draining or trend.queue_s > SURE_S + SURE_NOISES * trend.noise_s
        return known or now - rate.decreased_at < within_s

    @property
    def arriving_bps(self) -> float:
        """What arrives at the moment: while packets queue, a short time tells it."""
        return float(self._acknowledged.busy_bps() or self._acknowledged.rate_bps() or 0)

    @property
    def wanted_bps(self) -> float:
        """What would be sent if the link carried it."""
        return float(self._wanted_bps)

    def share(self, bitrate_bps: float, now: float) -> None:
        """So much of what the link carries is ours: what probes under way will find is others'.

        Who wants no more, and has that, keeps what is known of their link.
        """
        before = self._estimate
        if self._wanted_bps <= min(bitrate_bps, before):
            return
        self._rate.share(max(bitrate_bps, min(SHARED_LEAST_BPS, self._wanted_bps)), now)
        self._probes.forget()
        self._publish()
        if self._estimate < 0.9 * before:
            self._probes.dropped(now, before, self._estimate)

    # --- what comes ---

    def on_feedback(self, sent: Acknowledged, now: float) -> None:
        """Rows that can't be (a size below zero, a time that is no number) count as lost."""
        departures: list[float] = []
        arrivals: list[float] = []
        sizes: list[int] = []
        lost = late = total = rows = 0
        told = self._last_sent
        beside = 0
        certain = True
        waiting = self._probes.waiting
        first_sent, last_sent = math.inf, -math.inf
        unnumbered = sent.unnumbered
        columns = zip(sent.sent_at_s, sent.arrived_at_s, sent.sizes, sent.probe_ids, strict=False)
        for index, (departure, arrival, size, probe) in enumerate(columns):
            if not (now - 60 < departure <= now and 0 <= size < MAX_SIZE):
                continue
            rows += 1
            if unnumbered is not None and 0 < unnumbered[index] < MAX_SIZE:
                beside += unnumbered[index]
            if rows == 1:
                first_sent = departure
            last_sent = departure
            if -1e12 < arrival < 1e12:
                departures.append(departure)
                arrivals.append(arrival)
                sizes.append(size + beside)
                certain = certain and not beside
                total += beside
                beside = 0
                late += departure < told
            else:
                lost += 1
                arrival = math.nan  # noqa: PLW2901
            total += size
            if waiting:
                self._probes.add(probe, departure, arrival, size)
        if rows:
            if unnumbered is None or certain:
                self._backlog.add(sent.sent_at_s, sent.sizes)
            self._hear(departures, arrivals, sizes, certain=certain, now=now)
            self._trend.detect(self._explained_s())
            self._loss.update(rows - late, lost - late, total, first_sent, last_sent, queued=self._queued, now=now)
            swamped = lost >= SWAMPED_LEAST and lost > SWAMPED * rows and self._waited_s > self._trend.limit_s
            self._decide(now, swamped=swamped)

    def _hear(
        self, departures: list[float], arrivals: list[float], sizes: list[int], *, certain: bool, now: float
    ) -> None:
        """Delays and rates of what arrived, and that feedback came at all."""
        if departures:
            jump = (arrivals[0] - self._last_arrived) - (departures[0] - self._last_sent)
            if abs(jump) > CLOCK_JUMP_S:
                self._groups.reset()
                self._trend.reset()
                self._acknowledged.reset()
            self._last_arrived, self._last_sent = arrivals[-1], departures[-1]
            self._trend.add(self._groups.add(departures, arrivals))
            self._acknowledged.add(arrivals, sizes, certain=certain)
            self._waited_s = self._trend.waited_s(arrivals[-1] - departures[-1])
            if self._waited_s > NOTICED_S:
                self._bursts.add(departures, arrivals, sizes)
            else:
                self._bursts.reset()
            rtt = now - departures[-1]
            self._rtt_s += (0.3 if rtt < self._rtt_s else 0.05) * (min(rtt, 2.0) - self._rtt_s)
            if self._silent_at > -math.inf and departures[-1] > self._silent_since:
                self._end_silence(now)
            self._feedback_at = now

    def _explained_s(self) -> float:
        """What of the queue our own bursts explain: looked at only if there is one.

        Nothing, if the link does not carry what the estimate says, or loses some of it.
        """
        if self._trend.queue_s < NOTICED_S or self._loss.loss > CALM_LOSS:
            return 0.0
        carried = self._rate.carried_bps
        if (self._acknowledged.busy_bps() or 0) < CARRIED * carried:
            return 0.0
        return self._backlog.wait_s(self._groups.first_sent_s, carried)

    @property
    def _queued(self) -> bool:
        """Whether a queue of ours is known, or grows."""
        trend = self._trend
        return self._rate.draining or (
            self._sent_bps > NOTHING_BPS and (trend.usage == "overusing" or trend.queue_s > trend.limit_s)
        )

    def _decide(self, now: float, *, swamped: bool) -> None:
        trend, rate = self._trend, self._rate
        before = self._estimate
        usage = trend.usage if self._sent_bps > NOTHING_BPS else "normal"
        queue, limit = trend.queue_s, trend.limit_s
        arriving = self._acknowledged.rate_bps() or 0
        decreased_at = rate.decreased_at
        unusual_s = max(CALM_QUEUE_S, limit - 0.02)
        overflows = self._loss.loss > LOSES and self._sent_bps > OVERFLOWS * arriving > 0
        full = (self._loss.heavy and queue > NOTICED_S) or (overflows and queue > unusual_s)
        full = full or swamped
        busy = float(self._acknowledged.busy_bps() or 0) if self._queued or full else 0.0
        excess = trend.excess_s
        narrowed = self._narrowed_bps()
        if narrowed:
            usage, busy, excess, full = "overusing", float(narrowed), max(self._waited_s, limit + SUDDEN_S), True
            self._sudden = True
        elif self._sudden:
            excess = max(excess, self._waited_s)
        if rate.update(
            usage,
            arriving_bps=arriving,
            busy_bps=busy,
            queue_s=excess,
            limit_s=limit,
            steepness=trend.steepness,
            full=full,
            sent_bps=self._sent_bps,
            rtt_s=self._rtt_s,
            proven=PROVEN if self._can_probe else PROVEN_WITHOUT_PROBES,
            now=now,
        ):
            trend.accept_queue()
            self._shared_until = now + 20.0
        self._sudden = self._sudden and rate.draining
        proven = self._probes.results(now, rate.bitrate_bps, rate.capacity_bps)
        if proven is not None and usage != "overusing" and not rate.draining:
            rate.proven(proven, now)
        if now < self._shared_until and self._loss.loss < 0.3:
            rate.bitrate_bps = max(rate.bitrate_bps, SHARED_LEAST_BPS)
        self._loss.release(rate.bitrate_bps)
        self._publish()
        self._watch_queue(queue, now)
        queued = queue > unusual_s or trend.newest_s > limit
        if usage == "overusing" or queued or self._loss.loss > CALM_LOSS:
            self._attentive_until = max(self._attentive_until, now + ATTENTIVE_S)
        if rate.decreased_at > decreased_at and self._estimate < 0.9 * before:
            self._probes.dropped(now, before, self._estimate)

    def _watch_queue(self, queue_s: float, now: float) -> None:
        """See whether it becomes shorter while next to nothing is sent."""
        if self._estimate > CROWDED_BPS or queue_s < CROWDED_S:
            self._stands_since = math.inf
        elif self._stands_since == math.inf or queue_s < SHORTER * self._stands_s:
            self._stands_since, self._stands_s = now, queue_s

    def _narrowed_bps(self) -> float:
        """What the link carries, if a burst shows that it has become far less than is sent; else 0."""
        # Behind a queue that others fill bursts are spread by their packets.
        if self._waited_s <= max(NOTICED_S, self._trend.limit_s - QUEUE_S) or self._rate.draining:
            return 0.0
        told = self._bursts.rate(self._trend.noise_s)
        if told is None or told[0] >= NARROWED * min(self._sent_bps, self._rate.bitrate_bps):
            return 0.0
        self._acknowledged.changed(told[1])
        return told[0]

    def _publish(self) -> None:
        estimate = min(self._rate.bitrate_bps, self._loss.limit_bps, MAX_BPS)
        self._estimate = int(max(estimate, MIN_BPS))

    def on_remb(self, bitrate_bps: int, now: float) -> None:
        """Not asked: feedback tells more."""

    def on_receiver_report(self, fraction_lost: float, rtt_s: float | None, now: float) -> None:
        """A cause to look closely; the feedback itself tells what to do."""
        self._reported_at = now
        longer = False
        if rtt_s is not None:
            if math.isnan(self._reported_rtt_s):
                self._reported_rtt_s = min(rtt_s, 2 * self._rtt_s)
            more_s, varies_s = rtt_s - self._reported_rtt_s, self._reported_rtt_varies_s
            longer = more_s > max(CALM_RTT_S, CALM_RTT_DEVIATIONS * varies_s)
            self._reported_rtt_varies_s += 0.25 * (min(abs(more_s), MOST_VARIED_S) - varies_s)
            self._reported_rtt_s += 0.125 * more_s
        if fraction_lost > CALM_LOSS or longer:
            self._attentive_until = max(self._attentive_until, now + ATTENTIVE_S)

    def on_nacked(self, packets: int, now: float) -> None:
        """A cause to look closely if they are many."""
        if now - self._nacked_at > 1.0:
            self._nacked, self._nacked_at = 0, now
        self._nacked += packets
        if self._nacked >= NACKED:
            self._attentive_until = max(self._attentive_until, now + ATTENTIVE_S)

    def tick(self, now: float, sent_bytes: int, unacknowledged_since_s: float | None) -> None:
        """Notices silence, and how much is sent."""
        passed = now - self._sent_at
        if passed > 0.05:
            rate = max(0, sent_bytes - self._sent_bytes) * 8 / passed
            self._sent_bps += min(1.0, passed / SENT_S) * (min(rate, 1e9) - self._sent_bps)
            self._sent_bytes, self._sent_at = sent_bytes, now
        if unacknowledged_since_s is None:
            if now - self._feedback_at > REST_S:
                self._trend.rest()
                self._rate.rest()
                self._loss.rest()
                self._publish()
            return
        waited = now - max(unacknowledged_since_s, self._feedback_at)
        if waited > LATE_S + min(self._rtt_s, 1.0):
            self._attentive_until = now + ATTENTIVE_S
        patience = SILENT_S + min(self._rtt_s, 1.0)
        if waited > patience and now - self._silent_at > SILENT_STEP_S:
            if self._silent_at == -math.inf:
                self._before_silence = self._rate.bitrate_bps
                self._silent_since = now
            self._silent_at = now
            using = min(self._rate.bitrate_bps, self._sent_bps)
            least = MIN_BPS if self._reported_at > self._silent_since else SILENT_LEAST_BPS
            self._rate.set(max(SILENT_SHARE * using, min(self._rate.bitrate_bps, least)), now)
            self._attentive_until = now + ATTENTIVE_S
            self._publish()

    def _end_silence(self, now: float) -> None:
        """Feedback is back: what was sent in between tells no loss, and what was known may be true still."""
        self._silent_at = -math.inf
        self._loss.forget_until(now)
        if self._trend.queue_s < 0.1:
            self._rate.set(max(self._rate.bitrate_bps, 0.7 * self._before_silence), now)
        self._probes.restored(now)

    def probe(self, now: float, wanted_bps: int) -> Probe | None:
        """None while the link is overused, a queue is known or loss is looked into; a small one while all is silent."""
        self._wanted_bps = max(0, wanted_bps)
        self._can_probe = True
        rate_bps = max(self._rate.bitrate_bps, MIN_BPS)
        if self._silent_at > -math.inf:
            return self._probes.try_again(now, rate_bps) if self._wanted_bps else None
        if self._queued or self._loss.limit_bps < self._rate.bitrate_bps:
            return None
        return self._probes.next(
            now,
            self._wanted_bps,
            rate_bps,
            rtt_s=self._rtt_s,
            noise_s=self._trend.noise_s,
            used=self._rate.used(self._sent_bps),
        )

    def attentive(self, now: float) -> bool:
        """At the start, while less is known to fit than is wanted, and after anything unusual."""
        return (
            now < self._attentive_until
            or self._estimate < CALM_SHARE * max(self._wanted_bps, self._sent_bps)
            or self._probes.active
        )

    def _state(self) -> State:
        if self._silent_at > -math.inf:
            return "silent"
        if self._rate.draining:
            return "draining"
        if self._trend.usage == "overusing":
            return "overusing"
        if self._loss.limit_bps <= self._rate.bitrate_bps:
            return "lossy"
        return "probing" if self._probes.active else "steady"

    def stats(self) -> BandwidthStats:
        """The figures of this moment."""
        loss = self._loss.limit_bps
        return BandwidthStats(
            self._state(),
            self._estimate,
            self._acknowledged.rate_bps(),
            int(min(self._rate.bitrate_bps, MAX_BPS)),
            int(loss) if loss < MAX_BPS else None,
            self._loss.loss,
            self._trend.queue_s,
            self._rtt_s if self._last_sent > -math.inf else None,
        )
