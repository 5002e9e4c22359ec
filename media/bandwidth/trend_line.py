"""Whether packets queue before a bottleneck: trend and level of their delay (draft-ietf-rmcat-gcc-02, 5.3 and 5.4).

The trend is the slope of a line through the delays of the last groups, compared with a threshold that adapts, so that a
flow which fills the queue by loss does not push ours away. The level is the delay above the least one of the last 20 s:
it tells of a queue that has grown already, sooner than a slope that needs many groups, and how long it takes to drain.
"""

from __future__ import annotations

import math
from typing import Final, Literal

Usage = Literal["normal", "overusing", "underusing"]

SMOOTHING_S: Final = 0.1
"""Delays are smoothed over this time; groups come each 5 ms or each 80 ms, so a weight a group would not do."""
MIN_GROUPS: Final = 8
MAX_GROUPS: Final = 40
"""Groups that the line goes through. Of a video of 15 pictures a second the least is half a second."""
WINDOW_S: Final = 0.7
"""Groups are forgotten after this time, as long as there are enough others."""
GAIN: Final = 240.0
"""A slope in seconds a second times this is compared with the threshold (goog_cc: 60 groups times 4, in ms)."""
THRESHOLD: Final = 12.5
MIN_THRESHOLD: Final = 6.0
MAX_THRESHOLD: Final = 600.0
THRESHOLD_UP: Final = 8.7
THRESHOLD_DOWN: Final = 39.0
"""The share of the difference by which the threshold follows in a second (the draft's K_u and K_d)."""
THRESHOLD_SPIKE: Final = 15.0
"""A trend that far above the threshold is a sudden drop of capacity, and nothing to adapt to."""
QUEUE_S: Final = 0.05
"""A queue of this length that grows is ours to reduce, whatever the slope."""
GROWN_S: Final = 0.012
"""A queue that grows is one from this length on, and beyond what delays vary by: a slope alone may be chance."""
STEEP_S: Final = 0.08
"""Delays that rise by so much from one group to the next but one are a change of the link."""
MAX_NOISE_S: Final = 0.04
"""Delays that vary may raise that limit by so much."""
MAX_QUEUE_S: Final = 1.5
"""The limit that adapts to others' queues ends here."""
LIMIT_HALF_LIFE_S: Final = 20.0
"""A limit that was raised for others' queues falls to half in this time."""
BUCKET_S: Final = 10.0
"""The least delay is kept in two halves of a window, so that a drifting clock (0.2 ms a second) does no harm."""


class TrendLine:
    """Takes groups (`add`) and says after each feedback (`detect`) how the link is used."""

    __slots__ = (
        "_accepted",
        "_accepted_at",
        "_base",
        "_base_before",
        "_bucket_at",
        "_delays",
        "_last",
        "_noise",
        "_previous_slope",
        "_recent",
        "_seen",
        "_smoothed",
        "_strikes",
        "_threshold",
        "_threshold_at",
        "_times",
        "excess_s",
        "limit_s",
        "queue_s",
        "slope",
        "usage",
    )

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """The path or the receiver's clock is another one."""
        self._times: list[float] = []
        self._delays: list[float] = []
        self._recent: list[float] = []
        self._smoothed = self._last = math.nan
        self._base = self._base_before = math.inf
        self._bucket_at = -math.inf
        self._noise = 0.0
        self._accepted = 0.0
        self._accepted_at = 0.0
        self._threshold = THRESHOLD
        self._threshold_at = 0.0
        self._strikes = 0
        self._seen = 0
        self._previous_slope = 0.0
        self.slope = 0.0
        self.queue_s = 0.0
        """For how long packets wait: the least delay of the last three groups above the least one of the last 20 s."""
        self.excess_s = 0.0
        """What of it our own bursts do not explain: this is what tells of overuse."""
        self.limit_s = QUEUE_S
        """The queue that is not ours to reduce: what delays vary by, and what reducing ours did not shorten."""
        self.usage: Usage = "normal"

    def _limit(self) -> float:
        accepted = self._accepted
        if accepted and self._times:
            accepted *= 0.5 ** (max(0.0, self._times[-1] - self._accepted_at) / LIMIT_HALF_LIFE_S)
        return QUEUE_S + min(2.5 * self._noise, MAX_NOISE_S) + accepted

    @property
    def noise_s(self) -> float:
        """By how much a group's delay differs from the one before on average."""
        return self._noise

    @property
    def newest_s(self) -> float:
        """By how much the newest group's delay is above the least one: may be chance."""
        return max(0.0, self._last - min(self._base, self._base_before)) if self._seen else 0.0

    def waited_s(self, delay: float) -> float:
        """For how long a packet has waited that arrived so long after it left, by the receiver's clock."""
        return max(0.0, delay - min(self._base, self._base_before))

    @property
    def steepness(self) -> float:
        """By how many s a second of arrivals the last three groups' delays rise, 0 for less than `STEEP_S` in all.

        A link whose queue grows like that carries 1 minus this of what is sent.
        """
        recent, times = self._recent, self._times
        if len(recent) < 3 or len(times) < 3:
            return 0.0
        rise, passed = recent[-1] - recent[0], times[-1] - times[-3]
        return min(1.0, rise / passed) if rise > STEEP_S and passed > 0 else 0.0

    def rest(self) -> None:
        """Nothing has been under way for a while: there is no queue of ours."""
        self._recent.clear()
        self._times.clear()
        self._delays.clear()
        self._strikes = 0
        self.slope = 0.0
        self.queue_s = self.excess_s = 0.0
        self.usage = "normal"

    def accept_queue(self) -> None:
        """Sending less did not shorten the queue: others fill it, or the path has become longer."""
        self._accepted = min(MAX_QUEUE_S, 1.2 * self.queue_s)
        self._accepted_at = self._times[-1] if self._times else 0.0
        self.limit_s = self._limit()

    def add(self, groups: list[tuple[float, float]]) -> None:
        """Groups as `ArrivalGroups.add` gives them."""
        for arrived, delay in groups:
            previous = self._times[-1] if self._times else arrived
            passed = arrived - previous
            if passed < 0:
                continue
            if arrived - self._bucket_at > BUCKET_S:
                self._base_before = self._base if arrived - self._bucket_at < 2 * BUCKET_S else math.inf
                self._base, self._bucket_at = delay, arrived
            elif delay < self._base:
                self._base = delay
            if self._seen:
                self._noise += 0.03 * (min(abs(delay - self._last), 0.05) - self._noise)
                weight = math.exp(-passed / SMOOTHING_S)
                self._smoothed = weight * self._smoothed + (1 - weight) * delay
            else:
                self._smoothed = delay
            self._last = delay
            self._seen += 1
            self._times.append(arrived)
            self._delays.append(self._smoothed)
            self._recent.append(delay)
        recent = self._recent
        del recent[:-3]
        if recent:
            self.queue_s = max(0.0, min(recent) - min(self._base, self._base_before))

    def detect(self, explained_s: float = 0.0) -> Usage:
        """How the link is used, once for all groups of a feedback packet; so much of the queue is a burst of ours."""
        times, delays = self._times, self._delays
        if not times:
            return self.usage
        newest = times[-1]
        drop = 0
        while len(times) - drop > MIN_GROUPS and (times[drop] < newest - WINDOW_S or len(times) - drop > MAX_GROUPS):
            drop += 1
        del times[:drop], delays[:drop]
        if times[0] < newest - 4 * WINDOW_S:
            slope = 0.0  # so few groups tell a level, but no trend
        else:
            slope = fitted_slope(times, delays) if len(times) >= MIN_GROUPS else 0.0
        self.slope = slope
        trend = GAIN * slope * min(self._seen, 60) / 60
        recent = self._recent
        queue = self.excess_s = max(0.0, self.queue_s - explained_s)
        limit = self.limit_s = self._limit()
        rising = len(recent) == 3 and recent[-1] >= recent[0]
        grows = trend > self._threshold and slope >= 0.8 * self._previous_slope and rising
        if (grows and queue > GROWN_S + self._noise) or queue > limit:
            self._strikes += 2 if queue > 2 * limit else 1
            if self._strikes > 1:
                self.usage = "overusing"
        else:
            self._strikes = 0
            self.usage = "underusing" if trend < -self._threshold else "normal"
        self._previous_slope = slope
        self._adapt(abs(trend), newest)
        return self.usage

    def _adapt(self, trend: float, arrived: float) -> None:
        """The threshold follows the trend, faster down than up (5.4 of the draft)."""
        passed = min(max(arrived - self._threshold_at, 0.0), 0.1) if self._seen else 0.0
        self._threshold_at = arrived
        if trend > self._threshold + THRESHOLD_SPIKE:
            return
        follow = THRESHOLD_DOWN if trend < self._threshold else THRESHOLD_UP
        self._threshold += min(1.0, follow * passed) * (trend - self._threshold)
        self._threshold = min(max(self._threshold, MIN_THRESHOLD), MAX_THRESHOLD)


def fitted_slope(xs: list[float], ys: list[float]) -> float:
    """The slope of the least-squares line; 0 if all `xs` are the same."""
    count = len(xs)
    x0, y0 = xs[0], ys[0]
    sum_x = sum_y = sum_xx = sum_xy = 0.0
    for x, y in zip(xs, ys, strict=True):
        dx, dy = x - x0, y - y0
        sum_x += dx
        sum_y += dy
        sum_xx += dx * dx
        sum_xy += dx * dy
    below = count * sum_xx - sum_x * sum_x
    return (count * sum_xy - sum_x * sum_y) / below if below > 1e-9 else 0.0
