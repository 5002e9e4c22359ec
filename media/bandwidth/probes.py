"""Clusters of packets that find out what a link carries beyond what is sent, and what their arrival tells.

Media alone says nothing about more than itself: with layers of 150, 500 and 1500 kbit/s a link of 3 Mbit/s looks as one
of 600 kbit/s. When to probe follows goog_cc's ProbeController (exponentially at first, then twice what is known, later
on occasion), a cluster's rate its ProbeBitrateEstimator.
"""

from __future__ import annotations

import math
from typing import Final

from media.bandwidth.estimator import MAX_BPS, Probe
from media.bandwidth.trend_line import fitted_slope

DURATION_S: Final = 0.02
"""Long enough to be measured with arrival times of 0.25 ms, too short to fill a queue."""
NOISE_FACTOR: Final = 3.0
MAX_DURATION_S: Final = 0.045
PACKETS: Final = 5
START_FACTORS: Final[tuple[float, ...]] = (3.0, 6.0)
"""The first two clusters, times the first estimate."""
FURTHER: Final = 2.0
"""A cluster is at most so many times what is known."""
SUCCESS: Final = 0.7
"""A cluster has succeeded if so much of it was measured, and then the next one follows at once."""
ENOUGH: Final = 2.0
"""Nothing is probed beyond so many times what is wanted: half of it is room to grow and for pictures of other sizes."""
SPARE: Final = 1.5
"""With so many times what is wanted probing ends, if it is only for room."""
INTERVALS_S: Final[tuple[float, ...]] = (1.5, 1.5, 3.0, 5.0, 5.0, 10.0, 15.0, 20.0, 30.0)
"""Between probes while less than wanted is known, by how many have failed."""
FALL_S: Final = 5.0
"""Falls within this time of each other are one."""
DEEP: Final = 0.65
"""A fall to less than this share is a change of the link."""
KNOWN_INTERVAL_S: Final = 15.0
"""The least interval while the capacity is known, and used: growing by itself leaves others their share."""
DROPPED_S: Final = 60.0
DROPPED_INTERVAL_S: Final = 4.0
"""For so long after a large drop the interval is at most this, so that its end is found soon."""
SPARE_INTERVAL_S: Final = 10.0
"""The least interval while all that is wanted is known to fit."""
BEGIN_S: Final = 5.0
BEGIN_INTERVAL_S: Final = 0.3
"""A cluster that told nothing is repeated soon for so long after the first: a browser that joins is busy."""
FALSE_RAISE_S: Final = 3.0
"""An overuse within this time of a success says that it was none: a buffer let a short cluster through."""
RESULT_S: Final = 1.0
"""A cluster that has told nothing in this time (and a round trip) never will."""
VALID_RATIO: Final = 2.0
"""A cluster that arrives so much faster than it was sent was gathered on the way, and says nothing."""
UNSATURATED: Final = 0.9
SATURATED_SHARE: Final = 0.92
"""A cluster that arrives slower than `UNSATURATED` of its rate (with media between it) has found the link's: of that
this share is taken."""
NOTHING_NEW: Final = 1.3
"""The link's rate that a cluster finds has others' share in it, sound's too: up to so many times what ours is known to
be, it tells nothing new."""
RECEIVED: Final = 0.6
"""So much of a cluster has to arrive."""


class _Cluster:
    """What has been heard of one cluster, and of the media that was sent while it was."""

    __slots__ = ("arrived", "expires_at", "last", "lost", "probe", "reported", "sent", "sizes", "told")

    def __init__(self, probe: Probe, expires_at: float) -> None:
        self.probe = probe
        self.expires_at = expires_at
        self.told = 0
        """How many of its own packets have been reported, and how many bytes they had."""
        self.reported = 0
        self.lost = 0
        self.last = 0
        """How many rows there are up to its last own packet."""
        self.sent: list[float] = []
        self.arrived: list[float] = []
        self.sizes: list[int] = []

    def add(self, sent: float, arrived: float, size: int, *, own: bool) -> None:
        """A packet that was reported, in order of sending, from the first of its own ones; `arrived` NaN: lost."""
        if not (own or self.told):
            return
        self.sent.append(sent)
        self.arrived.append(arrived)
        self.sizes.append(size)
        if own:
            self.told += 1
            self.reported += size
            self.lost += math.isnan(arrived)
            self.last = len(self.sent)

    @property
    def complete(self) -> bool:
        """Whether all of it has been reported."""
        return self.told >= self.probe.packets and self.reported >= 0.95 * self.probe.size_bytes

    def measured(self) -> tuple[float, bool] | None:
        """The rate that it proves, and whether the link carries no more; None if it proves nothing."""
        last = self.last
        if self.reported < RECEIVED * self.probe.size_bytes or self.lost > (1 - RECEIVED) * self.told:
            return None
        sending = self.sent[last - 1] - self.sent[0]
        rows = [(s, a) for s, a in zip(self.sent[:last], self.arrived[:last], strict=True) if not math.isnan(a)]
        receiving = max(a for _, a in rows) - rows[0][1] if rows else 0.0
        size = sum(self.sizes[:last])
        if len(rows) < 3 or sending > 1 or receiving > 1 or sending < 0:
            return None
        if sending < self.probe.duration_s / 4:
            # It left as a burst, and only the bottleneck has spread it.
            received = SATURATED_SHARE * (size - self.sizes[0]) * 8 / receiving if receiving > 0 else math.inf
            return (received, True) if received < self.probe.bitrate_bps else None
        stretch = fitted_slope([s for s, _ in rows], [a for _, a in rows])
        if stretch < 1 / VALID_RATIO:
            return None
        lost = sum(s for s, a in zip(self.sizes[:last], self.arrived[:last], strict=True) if math.isnan(a))
        if stretch < 1 / UNSATURATED and lost < 0.3 * size:
            # What was lost was lost by chance. It did not arrive much slower than the slope says, either.
            arrived = (size - self.sizes[0]) * 8 / receiving if receiving > 0 else math.inf
            return min((size - self.sizes[last - 1]) * 8 / sending, arrived / UNSATURATED), False
        # A node sends in steps, whose last one takes no time here: only what arrives tells the rate.
        return (SATURATED_SHARE * (size - lost - self.sizes[0]) * 8 / receiving, True) if receiving > 0 else None


class Probes:
    """Decides on clusters (`next`), hears of their packets (`add`) and tells what they prove (`results`)."""

    __slots__ = (
        "_began_at",
        "_clusters",
        "_dropped_at",
        "_failures",
        "_fell_at",
        "_fell_from_bps",
        "_last_id",
        "_next_at",
        "_planned",
        "_raised_from_bps",
        "_sent_at",
        "_succeeded_at",
        "_wanted_bps",
    )

    def __init__(self, start_bps: float) -> None:
        self._clusters: dict[int, _Cluster] = {}
        self._planned = [factor * start_bps for factor in START_FACTORS]
        self._last_id = 0
        self._failures = 0
        self._next_at = -math.inf
        self._dropped_at = -math.inf
        self._succeeded_at = -math.inf
        # The estimate before clusters raised it, the first of some that came soon after each other.
        self._raised_from_bps = 0.0
        self._sent_at = -math.inf
        self._began_at = math.inf
        self._fell_at = -math.inf
        self._fell_from_bps = 0.0
        self._wanted_bps = 0

    @property
    def active(self) -> bool:
        """Whether something is planned, or under way."""
        return bool(self._clusters or self._planned)

    @property
    def waiting(self) -> bool:
        """Whether packets of a cluster have not been reported."""
        return bool(self._clusters)

    def dropped(self, now: float, before_bps: float, estimate_bps: float) -> None:
        """The estimate fell from what it was before.

        A raise that has just been made was wrong, unless it falls far below what was before that. The end of a deep
        fall is to be found soon.
        """
        self._planned.clear()
        if now - self._fell_at > FALL_S:
            self._fell_from_bps = before_bps
        self._fell_at = now
        if now - self._succeeded_at < FALSE_RAISE_S and estimate_bps >= DEEP * self._raised_from_bps:
            self._failures += 2
            self._succeeded_at = -math.inf
        elif estimate_bps < DEEP * self._fell_from_bps:
            self._failures = 0
            self._dropped_at = now
        self._next_at = now + max(self._interval(now), FALSE_RAISE_S)

    def forget(self) -> None:
        """What is planned, or under way, would tell what is others'."""
        self._clusters.clear()
        self._planned.clear()

    def restored(self, now: float) -> None:
        """After an outage: find out at once what is there."""
        self._failures = 0
        self._dropped_at = now
        self._next_at = now

    def _interval(self, now: float) -> float:
        interval = INTERVALS_S[min(self._failures, len(INTERVALS_S) - 1)]
        if now - self._dropped_at < DROPPED_S:
            interval = min(interval, DROPPED_INTERVAL_S)
        return interval

    def next(
        self, now: float, wanted_bps: int, estimate_bps: float, *, rtt_s: float, noise_s: float, used: bool
    ) -> Probe | None:
        """A cluster if one is due. Asked only while the link is not overused and no queue is known.

        `noise_s` is what delays vary by: the more, the longer has a cluster to be. `used` says that the link's capacity
        is known, and used.
        """
        more = wanted_bps > 1.2 * self._wanted_bps and estimate_bps < wanted_bps
        if more and self._failures < 3 and now > self._fell_at + FALSE_RAISE_S:
            self._next_at = min(self._next_at, now)
        self._wanted_bps = wanted_bps
        # Of these nothing will be heard: where nothing else is sent there is no feedback that would end them.
        self._forget(now - RESULT_S)
        most = min(ENOUGH * wanted_bps, float(MAX_BPS))
        if wanted_bps <= 0 or estimate_bps >= SPARE * wanted_bps:
            self._planned.clear()
            return None
        if self._planned:
            if len(self._clusters) > 1:
                return None
            bitrate = self._planned.pop(0)
            if bitrate > most:
                self._planned.clear()
        else:
            spare = used and now - self._dropped_at > DROPPED_S
            if self._clusters or now < self._next_at or (spare and now < self._sent_at + KNOWN_INTERVAL_S):
                return None
            bitrate = FURTHER * estimate_bps
        bitrate = min(bitrate, most)
        if bitrate < 1.05 * estimate_bps:
            return None
        duration = min(DURATION_S + NOISE_FACTOR * noise_s, MAX_DURATION_S)
        self._next_at = now + self._interval(now)
        return self._make(now, bitrate, duration, now + RESULT_S + rtt_s)

    def try_again(self, now: float, bitrate_bps: float) -> Probe | None:
        """A small cluster each second while nothing is heard: its feedback tells that the link is back."""
        if now < self._sent_at + RESULT_S:
            return None
        return self._make(now, bitrate_bps, DURATION_S, now + RESULT_S)

    def _make(self, now: float, bitrate_bps: float, duration_s: float, expires_at: float) -> Probe:
        self._last_id += 1
        self._sent_at = now
        self._began_at = min(self._began_at, now)
        size = max(int(bitrate_bps * duration_s / 8), PACKETS * 200)
        probe = Probe(self._last_id, int(bitrate_bps), size, PACKETS)
        self._forget(now)
        self._clusters[probe.id] = _Cluster(probe, expires_at)
        return probe

    def _forget(self, expired_at: float) -> None:
        self._clusters = {number: one for number, one in self._clusters.items() if one.expires_at > expired_at}

    def add(self, probe_id: int, sent: float, arrived: float, size: int) -> None:
        """A packet was reported, of a cluster or not; `arrived` is NaN if it was lost. Needed while `waiting`."""
        for number, cluster in self._clusters.items():
            cluster.add(sent, arrived, size, own=number == probe_id)

    def results(self, now: float, estimate_bps: float, known_bps: float = math.nan) -> float | None:
        """What the clusters that are complete by now prove beyond the estimate, in bits/s.

        `known_bps` is the capacity that was seen when it was used to the full, NaN if there is none.
        """
        proven: float | None = None
        for cluster in list(self._clusters.values()):
            expired = now > cluster.expires_at
            if not (expired or cluster.complete):
                continue
            del self._clusters[cluster.probe.id]
            told = cluster.measured()
            target = cluster.probe.bitrate_bps
            measured = min(told[0], target) if told is not None else 0.0
            if told is not None and told[1] and measured < NOTHING_NEW * known_bps:
                measured = min(measured, known_bps)
            if measured > max(estimate_bps, proven or 0.0):
                proven = measured
            self._judge(measured, target, estimate_bps, now, saturated=told is not None and told[1])
        return proven

    def _judge(self, measured: float, target: float, estimate_bps: float, now: float, *, saturated: bool) -> None:
        # A node that is busy may have sent it slower than it should have.
        if measured > estimate_bps and (measured >= SUCCESS * target or not saturated):
            self._failures = 0
            if now - self._succeeded_at > FALSE_RAISE_S:
                self._raised_from_bps = estimate_bps
            self._succeeded_at = now
            further = min(FURTHER * measured, ENOUGH * self._wanted_bps)
            under_way = max((one.probe.bitrate_bps for one in self._clusters.values()), default=0)
            if not self._planned and further > 1.2 * max(under_way, measured):
                self._planned.append(further)
            return
        if not self._clusters:
            self._planned.clear()
            self._failures += 1
            interval = self._interval(now)
            if not saturated and now < self._began_at + BEGIN_S:
                interval = BEGIN_INTERVAL_S
            elif estimate_bps >= self._wanted_bps:
                interval = max(interval, SPARE_INTERVAL_S)
            self._next_at = now + interval
