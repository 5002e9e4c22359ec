"""The estimator on what real Chromiums said of emulated links (`python -m benchmarks.network --record`), replayed."""

from __future__ import annotations

import math
import statistics
from pathlib import Path

import pytest

from benchmarks.network.trace import Heard, Moment, Sent, Trace, replay
from media.bandwidth.gcc import GccEstimator
from media.rtp.twcc import parse_feedback

DATA = Path(__file__).parent / "data"


def moments(name: str) -> tuple[Trace, list[Moment]]:
    trace = Trace.load(DATA / f"{name}.xz")
    return trace, list(replay(trace, GccEstimator))


def between(replayed: list[Moment], first_s: float, last_s: float) -> list[int]:
    return [one.estimate_bps for one in replayed if first_s <= one.at_s < last_s]


@pytest.mark.parametrize("path", sorted(DATA.glob("*.xz")), ids=lambda path: path.stem)
def test_all_feedback_of_browsers_is_understood_and_about_packets_that_were_sent(path: Path) -> None:
    trace = Trace.load(path)
    sent = told = arrived = 0
    for step in trace.steps:
        if isinstance(step, Sent):
            sent += len(step.sizes)
        elif isinstance(step, Heard):
            found = parse_feedback(step.fci).arrived_at_us
            told += len(found)
            arrived += sum(not math.isnan(at) for at in found)
    assert sent > 1000
    assert 0.8 * sent < told < 1.3 * sent
    assert arrived <= sent


def test_a_steady_bottleneck_is_known() -> None:
    trace, replayed = moments("steady-1m-100ms")
    rate = trace.rates[0][1]
    estimates = between(replayed, 6, 30)
    assert 0.75 * rate < statistics.median(estimates) < 1.05 * rate


def test_loss_that_is_the_links_own_takes_nothing() -> None:
    _, replayed = moments("loss-5")
    assert min(between(replayed, 5, 30)) > 2_000_000


def test_a_drop_is_known_within_two_seconds_and_so_is_its_end() -> None:
    trace, replayed = moments("drop-and-return")
    (_, (drop_s, low), (lift_s, high)) = trace.rates
    assert statistics.median(between(replayed, 5, drop_s)) > 0.8 * high
    assert max(between(replayed, drop_s + 2, lift_s)) < 1.05 * low
    assert statistics.median(between(replayed, drop_s + 2, lift_s)) > 0.6 * low
    assert min(between(replayed, lift_s + 5, lift_s + 15)) > 0.8 * high
