"""From what pages, links and the node wrote down to a case's figures. Pure.

Times are in s since the case began, shares from 0 to 1. A figure that a case doesn't have is None.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from benchmarks.link import SLICE_S, Channel
from benchmarks.network.media import FRAMES_PER_S
from media.bandwidth.allocation_ladder import SMOOTH_FRAMES_PER_SECOND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.emulator import Log
    from benchmarks.network.cases import Case

# A case's first seconds are for finding out what the link carries.
SETTLED_S: Final = 5.0
SAMPLE_S: Final = 0.5
# No new picture for so long is a freeze even where the browser has not counted one: it counts them when they end.
STALL_S: Final = 1.0
AT_DROP_S: Final = 10.0
# A standstill that an address change causes begins so soon after it: what was under way is shown, and samples are rare.
UNDER_WAY_S: Final = 1.5
# Above the rate by this share is overshoot, not noise of half a second's packets.
OVER: Final = 1.1
FULL_WIDTH: Final = 1280
# What libwebrtc gives the first one, two, three temporal layers of three, and how many pictures these are.
TEMPORAL_SHARES: Final = ((0.4, 0.25), (0.6, 0.5), (1.0, 1.0))
# A voice with its headers; with silence in between it takes less.
AUDIO_BPS: Final = 45_000.0
# Spatial layers as the page asks for them, where the sender's statistics don't tell.
NOMINAL_BPS: Final = (163_000.0, 495_000.0, 1_500_000.0)


@dataclass(frozen=True)
class Freeze:
    """No new picture until `ended_s`."""

    ended_s: float
    seconds: float

    def after(self, from_s: float) -> float:
        """How much of it was after a time."""
        return max(0.0, self.ended_s - max(from_s, self.ended_s - self.seconds))


@dataclass
class Watched:
    """What one page saw of one other participant."""

    freezes: list[Freeze] = field(default_factory=list)
    frame_times: list[float] = field(default_factory=list)
    # Time, width, pictures a second, bits/s for each sample.
    curve: list[tuple[float, int, float, float]] = field(default_factory=list)

    def width(self, from_s: float) -> float | None:
        """The width that was shown most of the time since `from_s`."""
        widths = [width for time, width, _, _ in self.curve if time >= from_s and width]
        return median(widths) if widths else None


def watched(samples: Sequence[dict[str, Any]], zero: float, seconds: float) -> dict[str, Watched]:
    """What a page saw, by peer."""
    peers = {tile[1]: tile[0] for sample in samples for tile in sample["tiles"] if tile[1]}
    found = {peer: Watched() for peer in peers.values()}
    before: dict[tuple[int, int], dict[str, Any]] = {}
    last_frame = dict.fromkeys(found, 0.0)
    for sample in samples:
        time = sample["t"] / 1000 - zero
        gained: dict[str, dict[str, float]] = {}
        for entry in sample["inbound"]:
            peer = peers.get(entry.get("trackIdentifier", ""))
            if entry["kind"] != "video" or peer is None:
                continue
            old = before.get((entry["pc"], entry["ssrc"]), {})
            before[entry["pc"], entry["ssrc"]] = entry
            sums = gained.setdefault(peer, {"frames": 0, "bytes": 0, "frozen": 0, "width": 0})
            sums["frames"] += entry.get("framesDecoded", 0) - old.get("framesDecoded", 0)
            sums["bytes"] += entry.get("bytesReceived", 0) - old.get("bytesReceived", 0)
            sums["frozen"] += entry.get("totalFreezesDuration", 0) - old.get("totalFreezesDuration", 0)
            sums["width"] = max(sums["width"], entry.get("frameWidth", 0) if sums["frames"] else 0)
        if not 0 <= time <= seconds:
            continue
        for peer, sums in gained.items():
            seen = found[peer]
            rate = sums["frames"] / SAMPLE_S
            seen.curve.append((time, int(sums["width"]), rate, sums["bytes"] * 8 / SAMPLE_S))
            if sums["frames"] > 0:
                stalled = time - last_frame[peer] - SAMPLE_S
                frozen = max(sums["frozen"], stalled if stalled > STALL_S else 0.0)
                if frozen > 0:
                    seen.freezes.append(Freeze(time, frozen))
                seen.frame_times.append(time)
                last_frame[peer] = time
    for peer, seen in found.items():
        if seconds - last_frame[peer] > STALL_S + SAMPLE_S:
            seen.freezes.append(Freeze(seconds, seconds - last_frame[peer] - SAMPLE_S))
    return found


def concealed_share(samples: Sequence[dict[str, Any]], zero: float) -> float | None:
    """How much of the sound since the case began was made up; silence that was made up is none."""
    first: dict[tuple[int, int], dict[str, Any]] = {}
    last: dict[tuple[int, int], dict[str, Any]] = {}
    for sample in samples:
        for entry in sample["inbound"]:
            if entry["kind"] == "audio":
                key = entry["pc"], entry["ssrc"]
                if sample["t"] / 1000 <= zero:
                    first[key] = entry
                last[key] = entry

    def gained(name: str) -> float:
        return float(sum(entry.get(name, 0) - first.get(key, {}).get(name, 0) for key, entry in last.items()))

    total = gained("totalSamplesReceived")
    return (gained("concealedSamples") - gained("silentConcealedSamples")) / total if total else None


def layer_rates(samples: Sequence[dict[str, Any]]) -> list[float]:
    """Bits/s that a sender gave each simulcast layer while it was sent, the smallest first; nominal where unknown."""
    rates: dict[str, list[float]] = {}
    for earlier, later in pairwise(samples):
        old = {(entry["pc"], entry["ssrc"]): entry for entry in earlier["outbound"]}
        for entry in later["outbound"]:
            before = old.get((entry["pc"], entry["ssrc"]))
            if entry["kind"] == "video" and before is not None:
                passed_s = (later["t"] - earlier["t"]) / 1000
                bps = (entry["bytesSent"] - before["bytesSent"]) * 8 / passed_s if passed_s > 0 else 0
                if bps > 20_000:
                    rates.setdefault(entry.get("rid", "0"), []).append(bps)
    found = sorted(median(values) for values in rates.values() if len(values) >= 10)
    return found if len(found) == len(NOMINAL_BPS) else list(NOMINAL_BPS)


def best_fit_bps(
    capacity_bps: float,
    layers: Sequence[float],
    *,
    videos: int = 1,
    other_bps: float = 0.0,
    frames_per_s: float = FRAMES_PER_S,
) -> float:
    """The most that whole layers and `other_bps` of audio can use of a link. Each video gets at least the smallest.

    As the node has it, a larger size is worth it only while it moves smoothly.
    """
    steps = sorted(
        layer * share
        for index, layer in enumerate(layers)
        for share, pictures in TEMPORAL_SHARES
        if index == 0 or pictures == 1 or pictures * frames_per_s >= SMOOTH_FRAMES_PER_SECOND
    )
    best = other_bps + videos * steps[0]
    sums = {0.0}
    for _ in range(videos):
        sums = {total + step for total in sums for step in steps}
    fitting = [other_bps + total for total in sums if other_bps + total <= capacity_bps]
    return max(fitting, default=best)


def figures(
    case: Case,
    zero: float,
    receivers: dict[str, list[dict[str, Any]]],
    senders: dict[str, list[dict[str, Any]]],
    logs: tuple[Log, Log],
    estimates: dict[str, list[tuple[float, float]]],
) -> dict[str, Any]:
    """A case's figures. `logs` are the link's, up and down; samples and estimates (time, bits/s) are by participant."""
    seen = [one for samples in receivers.values() for one in watched(samples, zero, case.seconds).values()]
    frozen = [[freeze.after(SETTLED_S) for freeze in one.freezes] for one in seen]
    settled_s = case.seconds - SETTLED_S
    concealed = [concealed_share(samples, zero) for samples in receivers.values()]
    log = logs[1] if case.behind == "receiver" else logs[0]
    found: dict[str, Any] = {
        "width": _least(one.width(case.seconds / 2) for one in seen),
        "frames_per_s": _least(_rate(one, case.seconds) for one in seen),
        "freezes": sum(1 for one in frozen for seconds in one if seconds > 0),
        "frozen_s": max((sum(one) for one in frozen), default=None),
        "frozen_share": max((sum(one) / settled_s for one in frozen), default=None),
        "longest_freeze_s": max((seconds for one in frozen for seconds in one), default=0.0 if seen else None),
        "concealed_share": None
        if None in concealed
        else max((one for one in concealed if one is not None), default=None),
        "first_frame_s": max((one.frame_times[0] if one.frame_times else case.seconds for one in seen), default=None),
        "lost_packets": log.total("lost") + log.total("dropped") + log.total("cut"),
        "queue_s": max((part.queue_s for part in log.slices.values()), default=0.0),
    }
    if case.direction.rate_bps:
        found |= _bottleneck(case, log, senders, estimates)
    if case.drop_s is not None and case.lift_s is not None:
        found |= _changes(case, case.drop_s, case.lift_s, log, seen)
    if case.trouble_ends_s is not None:
        found["back_s"] = _back(case.trouble_ends_s, seen)
    if case.receivers > 1:
        shares = [log.through_bytes(10, case.seconds, name) for name in receivers]
        found["fairness"] = min(shares) / max(shares) if max(shares) else None
    return found


def _bottleneck(
    case: Case,
    log: Log,
    senders: dict[str, list[dict[str, Any]]],
    estimates: dict[str, list[tuple[float, float]]],
) -> dict[str, Any]:
    channel = Channel(case.direction)
    capacity = channel.capacity_bytes(SETTLED_S, case.seconds)
    through = log.through_bytes(SETTLED_S, case.seconds)
    rate_bps = capacity * 8 / (case.seconds - SETTLED_S)
    # With headers.
    layers = [rate * 1.04 for rate in layer_rates(next(iter(senders.values()), []))[: case.layers]]
    videos = case.senders * case.receivers
    fit_bps = best_fit_bps(rate_bps, layers, videos=videos, other_bps=AUDIO_BPS * videos)
    truth = [
        (value / channel.rate_bps(time))
        for curve in estimates.values()
        for time, value in curve
        if SETTLED_S <= time <= case.seconds
    ]
    # What a sender's link carries its browser finds out, and divides it as it likes.
    ours = case.behind == "receiver"
    # What layers in one stream take by themselves no browser tells.
    known = ours and case.codec == "VP8"
    return {
        "used": through / capacity,
        "used_of_fitting": through * 8 / (case.seconds - SETTLED_S) / min(rate_bps, fit_bps) if known else None,
        "estimate_of_truth": median(truth) if truth and ours else None,
        "dropped_share": log.total("dropped") / max(1, log.total("dropped") + log.total("packets")),
    }


def _changes(case: Case, drop_s: float, lift_s: float, log: Log, seen: list[Watched]) -> dict[str, Any]:
    low_bps = Channel(case.direction).rate_bps(drop_s)
    down_s = None
    for number in range(int(drop_s / SLICE_S), int(lift_s / SLICE_S) - 1):
        offered = sum(log.slices[one].offered for one in (number, number + 1) if one in log.slices)
        if offered * 8 / (2 * SLICE_S) <= low_bps * OVER:
            down_s = number * SLICE_S - drop_s
            break
    again = [time for one in seen for time, width, _, _ in one.curve if time > lift_s and width >= FULL_WIDTH]
    at_drop = [
        freeze
        for one in seen
        for freeze in one.freezes
        if drop_s <= freeze.ended_s - freeze.seconds <= drop_s + AT_DROP_S
    ]
    return {
        "down_s": down_s,
        "full_again_s": min(again) - lift_s if again else None,
        "freezes_at_drop": len(at_drop),
    }


def _back(ends_s: float, seen: list[Watched]) -> float | None:
    """Until each video moves again, and goes on to."""
    first = []
    for one in seen:
        stood = [freeze for freeze in one.freezes if freeze.ended_s - freeze.seconds < ends_s + UNDER_WAY_S]
        moves_s = max((freeze.ended_s for freeze in stood), default=ends_s)
        first.append(next((time for time in one.frame_times if time > ends_s and time >= moves_s), None))
    times = [time for time in first if time is not None]
    return max(times) - ends_s if times and len(times) == len(first) else None


def _rate(one: Watched, seconds: float) -> float | None:
    rates = [rate for time, _, rate, _ in one.curve if time >= seconds / 2]
    return sum(rates) / len(rates) if rates else None


def _least(values: Any) -> float | None:
    known = list(values)
    return min(known) if known and None not in known else None
