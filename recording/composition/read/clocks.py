"""When in the recording a packet's picture or sound was captured. Pure.

A sender's RTP timestamps count on a clock of each device, at a rate that is a little wrong. Sender reports tell what
its one NTP clock showed (RFC 3550 section 6.4.1), so all tracks of a sender are put onto that clock, which is what
lip-sync needs. That clock is wrong, too, and drifts against the server's. A packet can't arrive before it was sent, and
the quickest ones are the best measure: the smallest difference of arrival and NTP time, of all the sender's tracks, is
what the clocks differ by (and the shortest way through the network).

All is known when this is computed, so what is measured later counts for earlier packets, too: a track's first packets,
before its first report, are placed as those after it. Where timestamps jumped, as a microphone's do when the sender's
machine had no time for it, reports tell by how much, and packets' arrival when.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]

# Transits and corrections are known for each such part of a second.
BINS_PER_S: Final = 5
# How fast two clocks may drift apart: more than any quartz does. What the network delays for some time rises faster.
MAX_DRIFT: Final = 500e-6
# Reports that differ by more than this for good tell of a timestamp that jumped, not of a clock that drifts.
REPORT_STEP_S: Final = 0.03
REPORTS_COMPARED: Final = 3
# Reports that differ by less tell the same.
SAME_REPORT_S: Final = 0.0001
# Senders report every so many seconds at least. What was before a jump, and after, is looked at for so long.
REPORTED_S: Final = 10.0
AROUND_JUMP_S: Final = 2.0
# As `REPORT_STEP_S`, for a sender's NTP clock; a crowded network looks alike for some seconds.
CLOCK_STEP_S: Final = 1.0
SECONDS_COMPARED: Final = 20
# Reports within so many places of one smooth it.
SMOOTHED: Final = 7
# A time that is further from its packet's arrival than this is wrong: the timestamps jumped, and no report told yet.
MAX_EARLY_S: Final = 5.0
MAX_LATE_S: Final = 0.5


@dataclass
class Observations:
    """What a track's packets and reports tell of its clocks. Media time is the RTP timestamp in s, without wrap-around.

    `transits` is the smallest difference of arrival and media time in each bin of arrival (`BINS_PER_S`). `reports`
    tell from when to when, in times of arrival, there was which difference of NTP and media time.
    """

    transits: dict[int, float] = field(default_factory=dict)
    reports: list[tuple[float, float, float]] = field(default_factory=list)

    def packet(self, media_s: float, arrival_s: float) -> None:
        """A packet arrived."""
        place = int(arrival_s * BINS_PER_S)
        transit = arrival_s - media_s
        if transit < self.transits.get(place, transit + 1):
            self.transits[place] = transit

    def report(self, ntp_s: float, media_s: float, arrival_s: float) -> None:
        """A sender report arrived, or a capture noted once more what the last one told, carried on to that moment."""
        difference = ntp_s - media_s
        if self.reports and abs(difference - self.reports[-1][2]) < SAME_REPORT_S:
            self.reports[-1] = (self.reports[-1][0], arrival_s, self.reports[-1][2])
        else:
            self.reports.append((arrival_s, arrival_s, difference))


class TrackClock:
    """Maps a track's packets to the recording's time."""

    __slots__ = ("_corrections", "_first_s")

    def __init__(self, first_s: float, corrections: Sequence[float]) -> None:
        # What is to be added to media time, at `first_s` and each bin after.
        self._first_s = first_s
        self._corrections = list(corrections)

    def time_s(self, media_s: float, arrival_s: float) -> float:
        """When it was captured, in s of the recording (as it would have come on the shortest way)."""
        corrections = self._corrections
        place = (arrival_s - self._first_s) * BINS_PER_S
        index = int(place)
        if place <= 0:
            correction = corrections[0]
        elif index + 1 >= len(corrections):
            correction = corrections[-1]
        else:
            before = corrections[index]
            correction = before + (corrections[index + 1] - before) * (place - index)
        time_s = media_s + correction
        return time_s if -MAX_EARLY_S <= time_s - arrival_s <= MAX_LATE_S else arrival_s


def sender_clocks(tracks: Sequence[Observations]) -> list[TrackClock]:
    """The clocks of all tracks of one sender, in the same order. Tracks without reports go by packets' arrival."""
    reported = [track for track in tracks if track.reports and track.transits]
    shared = _clocks(reported) if reported else []
    together = dict(zip(map(id, reported), shared, strict=True))
    return [together.get(id(track)) or _clocks([track])[0] for track in tracks]


def _clocks(tracks: Sequence[Observations]) -> list[TrackClock]:
    """The clocks of tracks that all have reports, or of one that may have none."""
    bins = [place for track in tracks for place in track.transits]
    if not bins:
        return [TrackClock(0.0, [0.0])] * len(tracks)
    first, last = min(bins), max(bins)
    middles = (np.arange(first, last + 1) + 0.5) / BINS_PER_S
    to_ntp = [_to_ntp(track, middles) for track in tracks]
    first_s = first // BINS_PER_S
    offsets = np.full(last // BINS_PER_S - first_s + 1, np.inf)
    for track, ntp in zip(tracks, to_ntp, strict=True):
        places = np.fromiter(track.transits, int)
        known = np.fromiter(track.transits.values(), float) - ntp[places - first]
        np.minimum.at(offsets, places // BINS_PER_S - first_s, known)
    offset = np.interp(middles, first_s + 0.5 + np.arange(len(offsets)), _lowest(offsets))
    return [TrackClock(float(middles[0]), (ntp + offset).tolist()) for ntp in to_ntp]


def _to_ntp(track: Observations, times: Floats) -> Floats:
    """What to add to media time to have the sender's NTP time, at times of arrival; zeros without reports."""
    if not track.reports:
        return np.zeros(len(times))
    since, until, differences = np.array(track.reports).T
    found = np.empty(len(times))
    begin, begins_s = 0, -np.inf
    smooth: Floats = np.empty(0)
    for end in (*_steps(differences, REPORT_STEP_S, REPORTS_COMPARED), len(differences)):
        before, smooth = smooth, _smooth(differences[begin:end])
        if begin:
            # What a capture repeats of the last report isn't news
            from_s = max(since[begin - 1], since[begin] - REPORTED_S)
            jump_s = _jump_s(track, from_s, since[begin], smooth[0] - before[-1])
            begins_s = (until[begin - 1] + since[begin]) / 2 if jump_s is None else jump_s
        inside = times >= begins_s
        spans = np.column_stack((since[begin:end], until[begin:end])).ravel()
        found[inside] = np.interp(times[inside], spans, np.repeat(smooth, 2))
        begin = end
    return found


def _jump_s(track: Observations, from_s: float, to_s: float, size_s: float) -> float | None:
    """When timestamps jumped, in time of arrival: packets seem to take longer by `size_s` from then on.

    It is the place from which on transits, when `size_s` is taken from them, are most like those before. None if they
    are most alike as they are: then it was the sender's NTP clock that jumped.
    """
    around = range(int((from_s - AROUND_JUMP_S) * BINS_PER_S), int((to_s + AROUND_JUMP_S) * BINS_PER_S) + 1)
    bins = [place for place in around if place in track.transits]
    transits = np.array([track.transits[place] for place in bins])
    best_s, least = None, _unlike(transits)
    for before, (ended, begun) in enumerate(pairwise(bins), 1):
        at_s = (ended + 1 + begun) / 2 / BINS_PER_S
        unlike = _unlike(np.concatenate((transits[:before], transits[before:] - size_s)))
        if from_s - 1 / BINS_PER_S <= at_s <= to_s + 1 / BINS_PER_S and unlike < least:
            best_s, least = at_s, unlike
    return best_s


def _unlike(values: Floats) -> float:
    """How different values are: the sum of what they differ from the middle one."""
    return float(np.abs(values - np.median(values)).sum()) if len(values) else 0.0


def _steps(values: Floats, step: float, width: int) -> list[int]:
    """Where values jump by more than `step` and stay so, going by the middle one of `width` on either side."""
    found = []
    for place in np.nonzero(np.abs(np.diff(values)) > step / 2)[0] + 1:
        before = values[max(0, place - width) : place]
        after = values[place : place + width]
        if abs(float(np.median(after)) - float(np.median(before))) > step:
            found.append(int(place))
    return found


def _smooth(values: Floats) -> Floats:
    """The middle of each value's neighbours, of as many on the left as on the right, so that a slope stays one."""
    count = len(values)
    smooth = np.empty(count)
    for place in range(count):
        reach = min(SMOOTHED, place, count - 1 - place)
        smooth[place] = np.median(values[place - reach : place + reach + 1])
    return smooth


def _lowest(offsets: Floats) -> Floats:
    """A line below the offsets (infinite where nothing is known) that rises and falls by no more than clocks drift."""
    known = np.nonzero(np.isfinite(offsets))[0]
    values = offsets[known]
    found = np.full(len(offsets), np.nan)
    begin = 0
    for end in (*_steps(values, CLOCK_STEP_S, SECONDS_COMPARED), len(values)):
        places = known[begin:end]
        since = 0 if begin == 0 else places[0]
        until = len(offsets) if end == len(values) else known[end]
        line = np.full(until - since, np.inf)
        line[places - since] = _without_dips(values[begin:end])
        # line[i] = min(line[j] + MAX_DRIFT * |i - j|)
        slope = MAX_DRIFT * np.arange(len(line))
        line = np.minimum.accumulate(line - slope) + slope
        line = np.minimum.accumulate((line + slope)[::-1])[::-1] - slope
        found[since:until] = line
        begin = end
    return found


def _without_dips(values: Floats) -> Floats:
    """The values, but infinite where one is far below its neighbours: no packet is that much quicker than others."""
    middle = np.array(
        [
            np.median(values[max(0, place - SECONDS_COMPARED) : place + SECONDS_COMPARED + 1])
            for place in range(len(values))
        ]
    )
    return np.where(values < middle - CLOCK_STEP_S, np.inf, values)
