"""Estimators as their callers see them: whatever they are told they never raise and stay within their bounds."""

from __future__ import annotations

import math
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from media.bandwidth.estimator import MAX_BPS, MIN_BPS, Acknowledged, Estimator, Kind
from media.bandwidth.gcc import BELIEVED_S, GccEstimator
from media.bandwidth.kinds import make_estimator
from media.bandwidth.remb import START_BPS, RembEstimator

WEIRD = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(-10, 10_000),
    st.sampled_from([math.nan, math.inf, -math.inf, 1e300, -1e300, 0.0]),
)
ROW = st.tuples(
    st.one_of(WEIRD, st.floats(0, 3)),  # seconds before now
    WEIRD,
    st.one_of(st.integers(-(2**62), 2**62), st.integers(0, 1500)),
    st.integers(-3, 20),
    st.one_of(st.integers(-(2**62), 2**62), st.integers(0, 10_000)),
)


def acknowledged(rows: list[tuple[float, float, int, int, int]], now: float, *, numbered: bool) -> Acknowledged:
    return Acknowledged(
        [now - row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
        [row[3] for row in rows],
        None if numbered else [row[4] for row in rows],
    )


class AnyFeedback(RuleBasedStateMachine):
    """Calls in any order with any values."""

    kind: Kind = "transport-cc"

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.sent = 0
        self.estimator: Estimator = make_estimator(self.kind, self.now)
        self.probes: list[int] = []

    @rule(passed=st.one_of(st.floats(0, 0.3), st.floats(0, 10_000)))
    def wait(self, passed: float) -> None:
        self.now += passed

    @rule(rows=st.lists(ROW, max_size=30), numbered=st.booleans())
    def feedback(self, rows: list[tuple[float, float, int, int, int]], numbered: bool) -> None:
        self.estimator.on_feedback(acknowledged(rows, self.now, numbered=numbered), self.now)

    @rule(count=st.integers(1, 40), size=st.integers(1, 1500), delay=st.floats(0, 2), spread=st.floats(0, 0.3))
    def arrive(self, count: int, size: int, delay: float, spread: float) -> None:
        probe = self.probes[-1] if self.probes else 0
        rows = [(spread * (count - n) / count, self.now + delay - spread, size, probe, 0) for n in range(count)]
        self.estimator.on_feedback(acknowledged(rows, self.now, numbered=True), self.now)

    @rule(bitrate=st.integers(-(2**63), 2**63))
    def remb(self, bitrate: int) -> None:
        self.estimator.on_remb(bitrate, self.now)

    @rule(lost=st.floats(0, 1), rtt=st.one_of(st.none(), st.floats(0, 100)))
    def report(self, lost: float, rtt: float | None) -> None:
        self.estimator.on_receiver_report(lost, rtt, self.now)

    @rule(packets=st.integers(0, 10_000))
    def nacked(self, packets: int) -> None:
        self.estimator.on_nacked(packets, self.now)

    @rule(size=st.integers(0, 10**9), since=st.one_of(st.none(), st.floats(0, 10_000)))
    def tick(self, size: int, since: float | None) -> None:
        self.sent += size
        self.estimator.tick(self.now, self.sent, None if since is None else self.now - since)

    @rule(wanted=st.integers(0, 10**10))
    def probe(self, wanted: int) -> None:
        probe = self.estimator.probe(self.now, wanted)
        if probe is not None:
            assert probe.id not in self.probes
            assert 0 < probe.bitrate_bps <= MAX_BPS
            assert 0 < probe.duration_s <= 0.1
            self.probes.append(probe.id)

    @precondition(lambda self: self.estimator.estimate_bps is not None)
    @invariant()
    def stays_within_its_bounds(self) -> None:
        estimate = self.estimator.estimate_bps
        assert isinstance(estimate, int)
        assert MIN_BPS <= estimate <= MAX_BPS

    @invariant()
    def tells_figures(self) -> None:
        stats = self.estimator.stats()
        assert all(math.isfinite(value) for value in stats if isinstance(value, (int, float)))
        assert 0 <= stats.loss <= 1
        assert stats.queue_s >= 0
        assert isinstance(self.estimator.attentive(self.now), bool)


@pytest.mark.parametrize("kind", get_args(Kind))
def test_nothing_that_a_client_says_breaks_an_estimator(kind: Kind) -> None:
    machine = type("AnyFeedbackOf", (AnyFeedback,), {"kind": kind})
    run_state_machine_as_test(machine, settings=settings(max_examples=30, stateful_step_count=40, deadline=None))


@given(rows=st.lists(ROW, max_size=40))
@settings(max_examples=100, deadline=None)
def test_any_columns_are_taken(rows: list[tuple[float, float, int, int, int]]) -> None:
    estimator = make_estimator("transport-cc", 100.0)
    estimator.on_feedback(acknowledged(rows, 100.0, numbered=False), 100.0)
    assert estimator.estimate_bps is not None
    assert MIN_BPS <= estimator.estimate_bps <= MAX_BPS


def test_without_feedback_of_any_kind_nothing_is_limited() -> None:
    estimator = make_estimator("none", 0.0)
    estimator.on_receiver_report(0.5, 0.1, 1.0)
    estimator.on_remb(100_000, 1.0)
    assert estimator.estimate_bps is None
    assert estimator.probe(1.0, 5_000_000) is None
    assert not estimator.attentive(1.0)
    assert estimator.stats().loss == 0.5


class Receiver:
    """What libwebrtc's AimdRateControl says: 8 % a second up to 1.5 times what arrives, and below a full link."""

    def __init__(self, estimator: RembEstimator, layers: tuple[int, ...], else_bps: int = 100_000) -> None:
        """`else_bps` is sent where no layer fits."""
        self.estimator = estimator
        self.layers = layers
        self.else_bps = else_bps
        self.now = 0.0
        self.sent = 0
        self.remb = 0.0

    def run(self, link_bps: float, seconds: float) -> list[int]:
        """Send the best layer that fits; what was sent, each 0.1 s."""
        rates = []
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            rate = max((one for one in self.layers if one <= (self.estimator.estimate_bps or 0)), default=self.else_bps)
            self.sent += rate // 80
            self.estimator.tick(self.now, self.sent, None)
            self.estimator.probe(self.now, self.layers[-1])
            rates.append(rate)
            if not rate:
                continue  # a receiver that gets nothing tells nothing
            arriving = min(rate, link_bps)
            lower = rate > link_bps and self.remb > 0.9 * link_bps
            self.remb = self.remb or arriving
            if lower:
                self.remb = min(self.remb, 0.85 * link_bps)
            elif rate <= link_bps:
                self.remb = max(self.remb, min(self.remb * 1.08**0.1, 1.5 * arriving + 10_000))
            if lower or round(self.now * 10) % 10 == 0:
                self.estimator.on_remb(int(self.remb), self.now)
                self.estimator.on_receiver_report(max(0.0, 1 - link_bps / rate), 0.1, self.now)
        return rates


LAYERS = (150_000, 500_000, 1_500_000)


def test_remb_that_follows_what_is_sent_does_not_hold_it_back() -> None:
    call = Receiver(RembEstimator(0.0), LAYERS)
    rates = call.run(5e6, 25)
    assert set(rates[-50:]) == {1_500_000}
    assert rates == sorted(rates)  # nothing is taken back on the way


def test_remb_is_obeyed_and_more_is_tried_seldom() -> None:
    call = Receiver(RembEstimator(0.0), LAYERS)
    call.run(700_000, 30)
    rates = call.run(700_000, 60)
    assert sum(rate > 700_000 for rate in rates) < 60
    assert sum(rate == 500_000 for rate in rates) > 400


def test_remb_that_falls_is_obeyed_at_once() -> None:
    call = Receiver(RembEstimator(0.0), LAYERS)
    call.run(5e6, 25)
    rates = call.run(400_000, 3)
    assert max(rates[5:]) == 150_000


def test_who_gets_no_video_because_it_is_large_and_so_tells_nothing_gets_it_soon() -> None:
    call = Receiver(RembEstimator(0.0), (1_000_000,), else_bps=0)
    rates = call.run(5e6, 30)
    assert rates.index(1_000_000) < 50
    assert set(rates[rates.index(1_000_000) :]) == {1_000_000}


def test_on_a_link_that_is_too_narrow_for_it_it_is_tried_seldom() -> None:
    call = Receiver(RembEstimator(0.0), (1_000_000,), else_bps=0)
    rates = call.run(400_000, 120)
    assert 0 < sum(rate > 0 for rate in rates) < 120


def test_while_nothing_is_sent_no_more_is_tried_than_was_ever_sent_by() -> None:
    call = Receiver(RembEstimator(0.0), LAYERS)
    call.run(400_000, 30)
    for tick in range(300):  # its sender is gone for half a minute
        call.estimator.tick(call.now + tick / 10, call.sent, None)
        call.estimator.probe(call.now + tick / 10, 5_000_000)
    assert (call.estimator.estimate_bps or 0) < 1_000_000


def test_who_gets_no_video_because_of_a_loss_long_ago_gets_it_again() -> None:
    estimator, sent = RembEstimator(0.0), 0
    for tick in range(50):
        sent += 300_000 // 80
        estimator.tick(tick / 10, sent, None)
    estimator.on_receiver_report(0.9, 0.1, 5.0)
    assert (estimator.estimate_bps or 0) < 200_000
    for tick in range(50, 150):
        estimator.tick(tick / 10, sent, None)
        estimator.probe(tick / 10, 300_000)
    assert estimator.estimate_bps == 300_000


def test_nothing_is_tried_for_who_wants_nothing() -> None:
    estimator = RembEstimator(0.0)
    for second in range(60):
        estimator.tick(second, 0, None)
        assert estimator.probe(second, 0) is None
    assert estimator.estimate_bps == START_BPS


def test_loss_in_reports_lowers_the_estimate_but_not_to_nothing() -> None:
    estimator = RembEstimator(0.0)
    call = Receiver(estimator, LAYERS)
    call.run(5e6, 25)
    before, now = estimator.estimate_bps or 0, call.now
    for second in range(20):
        estimator.on_receiver_report(0.3, 0.1, now + 2 * second)
    assert 150_000 <= (estimator.estimate_bps or 0) < before / 2


@pytest.mark.parametrize(("queue_s", "settled_bps"), [(0.06, 880_000), (0.9, None)])
def test_while_a_short_queue_drains_layers_are_chosen_by_what_will_be_given_back(
    queue_s: float, settled_bps: int | None
) -> None:
    estimator = GccEstimator(0.0)
    estimator._rate.set(1_000_000, 0.0)
    estimator._rate.update(
        "overusing",
        arriving_bps=1_000_000,
        busy_bps=1_000_000,
        queue_s=queue_s,
        limit_s=0.05,
        sent_bps=1_000_000,
        rtt_s=0.05,
        proven=1.2,
        now=1.0,
    )
    estimator._publish()
    assert estimator.draining
    assert estimator.estimate_bps is not None
    assert estimator.estimate_bps < 880_000
    assert estimator.settled_bps == (settled_bps or estimator.estimate_bps)


def estimator_that_knows(estimate_bps: int, capacity_bps: float) -> GccEstimator:
    """One that has just found what its link carries."""
    estimator = GccEstimator(0.0)
    estimator._rate.set(estimate_bps, 0.0)
    estimator._publish()
    assert estimator.settled_bps == estimate_bps
    estimator._rate.capacity_bps = capacity_bps
    estimator._rate._decreased_at = 0.0
    return estimator


def test_a_capacity_that_was_not_seen_for_long_is_not_believed() -> None:
    estimator = estimator_that_knows(850_000, 1_000_000)
    estimator._feedback_at = BELIEVED_S + 1
    assert estimator.capacity_bps is None
    assert estimator.settled_bps == 850_000


@pytest.mark.parametrize(
    ("estimate_bps", "settled_bps"),
    [(850_000, 920_000), (930_000, 930_000), (1_200_000, 950_000), (1_300_000, 1_300_000), (600_000, 600_000)],
)
def test_layers_are_chosen_by_a_capacity_that_is_known(estimate_bps: int, settled_bps: int) -> None:
    estimator = estimator_that_knows(estimate_bps, 1_000_000)
    assert estimator.capacity_bps == 1_000_000
    assert estimator.settled_bps == settled_bps
