"""Google Congestion Control on simulated links: what it finds, how fast, and what does not disturb it."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from media.bandwidth.estimator import MAX_BPS, MIN_BPS, Acknowledged
from media.bandwidth.gcc import SHARED_LEAST_BPS, GccEstimator
from tests.media.simulated_call import SimulatedCall
from tests.media.simulated_link import Clock, ConstantTraffic, SimulatedLink, TcpDownload


def call_over(rates: Any, *, until: float = 0.0, link: dict[str, Any] | None = None, **call: Any) -> SimulatedCall:
    """A call over a link with these rates, run for so long."""
    clock = Clock()
    simulated = SimulatedCall(SimulatedLink(clock, rates, **(link or {})), **call)
    clock.run(until)
    return simulated


# --- finding what there is ---


@pytest.mark.parametrize("publishers", [1, 2, 4])
@pytest.mark.parametrize("delay_s", [0.01, 0.05, 0.15])
def test_a_good_link_is_known_within_two_seconds_of_joining(publishers: int, delay_s: float) -> None:
    call = call_over(20e6, until=2, link={"delay_s": delay_s}, publishers=publishers, back_s=delay_s)
    assert call.reached_at(2_500_000) < 2


def test_on_a_good_link_it_becomes_calm_and_costs_little() -> None:
    call = call_over(20e6, until=60)
    assert call.calm_s > 50
    assert call.feedbacks < 60 * 3
    assert call.throughput(5, 60) > 1_400_000


def test_what_is_probed_is_bounded_by_what_is_wanted() -> None:
    call = call_over(100e6, until=60)
    assert max(probe.bitrate_bps for _, probe in call.probes) <= 2 * call.wanted
    assert max(call.estimates_of(0, 60)) < 3 * call.wanted


@pytest.mark.parametrize("queue_s", [0.1, 1.0])
@pytest.mark.parametrize("rate", [300_000, 500_000, 1_000_000, 2_000_000, 4_000_000])
def test_a_steady_bottleneck_is_used_and_its_queue_stays_short(rate: int, queue_s: float) -> None:
    call = call_over(rate, until=30, link={"queue_s": queue_s}, elastic=6_000_000)
    assert call.throughput(5, 30) > 0.85 * rate
    assert call.delay(5, 30) < 0.25


@pytest.mark.parametrize("rate", [1_000_000, 2_000_000, 4_000_000])
def test_layers_of_several_cameras_fill_a_bottleneck(rate: int) -> None:
    """What fits: 2 times 0.5, 1.5 and 0.5, 2 times 1.5 and 0.5 Mbit/s at best."""
    call = call_over(rate, until=40, link={"queue_s": 1.0}, publishers=3)
    assert call.throughput(10, 40) > 0.6 * rate
    assert call.delay(10, 40) < 0.3


def test_without_probes_the_next_layer_is_tried() -> None:
    call = call_over(5e6, until=30, can_probe=False)
    assert call.reached_at(1_500_000) < 30


# --- changes ---


@pytest.mark.parametrize("calm", [True, False])
@pytest.mark.parametrize("low", [250_000, 500_000])
def test_it_is_down_within_two_seconds_of_a_drop_and_up_within_ten_of_its_end(low: int, calm: bool) -> None:
    rates = [(0, 3e6), (10, low), (25, 3e6)]
    call = call_over(rates, until=40, link={"queue_s": 1.0}, calm_allowed=calm)
    assert call.estimate_at(9.9) > 2_000_000
    assert call.fell_at(max(low, 520_000) if not calm else 1_000_000, since=10) < 12
    assert call.fell_at(1.15 * low, since=10) < 12.6
    assert all(value < 1.5 * low for value in call.estimates_of(14, 25))
    assert call.delay(16, 25, 0.9) < 0.35, "the queue is drained"
    assert call.reached_at(1_600_000, since=25) < 35
    assert call.throughput(35, 40) > 1_350_000


@pytest.mark.parametrize("low", [250_000, 500_000, 1_000_000])
def test_a_drop_to_a_short_queue_is_noticed_though_only_a_sample_is_numbered(low: int) -> None:
    call = call_over([(0, 3e6), (10.2, low), (25, 3e6)], until=35, link={"queue_s": 0.3}, paced=True)
    assert call.fell_at(1.15 * low, since=10.2) < 12.2
    assert min(call.estimates_of(10.2, 25)) > 0.5 * low
    assert call.reached_at(1_600_000, since=25) < 35


def test_a_queue_that_a_drop_left_is_drained() -> None:
    call = call_over([(0, 3e6), (10, 5e5)], until=20, link={"queue_s": 1.0}, calm_allowed=False)
    assert call.delay(10, 13, 1.0) > 0.3
    assert call.delay(16, 20) < 0.2


def test_what_others_take_is_left_to_them_and_taken_back() -> None:
    clock = Clock()
    link = SimulatedLink(clock, 4e6, queue_s=0.5)
    call = SimulatedCall(link, elastic=6_000_000)
    ConstantTraffic(link, 2e6, 10.0, 20.0)
    clock.run(35)
    assert call.estimate_at(14) < 2_600_000
    assert call.reached_at(3_000_000, since=20) < 30


def test_without_network_it_waits_and_is_back_within_three_seconds() -> None:
    call = call_over([(0, 3e6), (10, 0), (20, 3e6)], until=25, publishers=1)
    assert call.estimate_at(14) <= 250_000
    assert call.reached_at(1_500_000, since=20) < 23


def test_feedback_that_stops_lowers_the_estimate_and_its_return_restores_it() -> None:
    clock = Clock()
    call = SimulatedCall(SimulatedLink(clock, 5e6), publishers=2)
    call.silent = (10, 14)
    clock.run(20)
    assert call.fell_at(call.estimate_at(9.9) / 2, since=10) < 12
    assert call.estimate_at(13.9) <= 300_000
    assert call.reached_at(3_000_000, since=14) < 16


def test_who_reports_while_no_video_arrives_has_place_for_none() -> None:
    clock = Clock()
    call = SimulatedCall(SimulatedLink(clock, [(0, 3e6), (10, 0), (20, 3e6)]))
    clock.every(1.0, lambda: call.estimator.on_receiver_report(0.0, 0.05, clock.now), 0.0)
    clock.run(25)
    assert call.estimate_at(14) == MIN_BPS
    assert call.reached_at(1_500_000, since=20) < 23


def test_a_link_that_carries_no_video_is_tried_again() -> None:
    """Once everything is paused only probes tell that the link is back."""
    call = call_over([(0, 3e6), (10, 60_000), (20, 3e6)], until=40)
    assert call.estimate_at(18) <= 150_000
    assert call.reached_at(1_500_000, since=20) < 32


@pytest.mark.parametrize("queue_s", [0.3, 1.0])
def test_a_queue_is_drained_though_more_is_sent_than_allowed(queue_s: float) -> None:
    """Retransmissions and keyframes that wait leave faster than the estimate says, until a queue is to drain."""
    clock = Clock()
    link = SimulatedLink(clock, [(0, 3e6), (10, 5e5)], queue_s=queue_s)
    call = SimulatedCall(link, paced=True, keyframes=(0.7, 6.0))
    clock.run(30)
    assert call.fell_at(450_000, since=10) < 12
    assert call.delay(16, 30) < 0.3


# --- what is no congestion ---


@pytest.mark.parametrize("loss", [0.02, 0.05, 0.1, 0.2])
def test_loss_by_chance_does_not_take_the_picture(loss: float) -> None:
    call = call_over(4e6, until=40, link={"loss": loss})
    assert call.throughput(10, 40) > 0.9 * 1_500_000 * (1 - loss)
    assert min(call.estimates_of(3, 40)) > 1_000_000


def test_much_loss_by_chance_where_delays_vary_is_no_buffer_that_overflows() -> None:
    links = [{"loss": loss, "jitter_s": jitter_s} for loss in (0.15, 0.2) for jitter_s in (0.05, 0.06, 0.07)]
    calls = [call_over(20e6, until=30, link=link) for link in links]
    assert min(call.throughput(5, 30) for call in calls) > 400_000
    assert sum(call.throughput(5, 30) for call in calls) / len(calls) > 900_000


@pytest.mark.parametrize("jitter_s", [0.01, 0.03])
def test_jitter_is_no_congestion(jitter_s: float) -> None:
    call = call_over(4e6, until=30, link={"jitter_s": jitter_s})
    assert call.reached_at(1_500_000) < 8
    assert call.throughput(10, 30) > 1_400_000


@pytest.mark.parametrize("stall", [(2.0, 0.2), (0.7, 0.15), (3.0, 0.4)])
def test_a_receiver_that_is_busy_at_times_is_no_congestion(stall: tuple[float, float]) -> None:
    clock = Clock()
    call = SimulatedCall(SimulatedLink(clock, 5e6))
    call.stall = stall
    clock.run(30)
    assert call.reached_at(1_700_000) < 4
    assert call.throughput(5, 30) > 1_400_000


@pytest.mark.parametrize("drift", [-2e-4, 2e-4])
def test_a_clock_that_drifts_is_no_congestion(drift: float) -> None:
    call = call_over(2e6, until=60, link={"queue_s": 1.0}, elastic=6_000_000, drift=drift)
    assert call.throughput(10, 60) > 0.85 * 2e6


@pytest.mark.parametrize("feedback", [{"feedback_loss": 0.2}, {"feedback_s": 0.25}, {"feedback_s": 0.05}])
def test_feedback_that_is_rare_frequent_or_lost_is_enough(feedback: dict[str, float]) -> None:
    call = call_over(2e6, until=30, link={"queue_s": 1.0}, elastic=6_000_000, **feedback)
    assert call.throughput(5, 30) > 0.85 * 2e6
    assert call.delay(5, 30) < 0.3


def test_a_long_path_is_no_queue() -> None:
    call = call_over(2e6, until=30, link={"delay_s": 0.15}, elastic=6_000_000, back_s=0.15)
    assert call.throughput(5, 30) > 0.85 * 2e6


@pytest.mark.parametrize("fps", [7.5, 15.0])
@pytest.mark.parametrize("rate", [500_000, 1_000_000])
def test_a_picture_that_waits_for_itself_is_no_congestion(rate: int, fps: float) -> None:
    """Four fifths of the link for pictures, sent at once: each waits up to 0.1 s, and the queue is empty between."""
    clock = Clock()
    link = SimulatedLink(clock, rate, queue_s=1.0)
    used = int(0.8 * (rate - 60_000))
    call = SimulatedCall(link, layers=[used, 1_500_000], fps=fps)
    ConstantTraffic(link, 60_000)
    clock.run(60)
    assert call.delay(5, 60) > 0.07
    assert min(call.estimates_of(5, 60)) > used
    assert max(call.estimates_of(5, 60)) < 1.15 * rate


@pytest.mark.parametrize("fps", [7.5, 15.0])
@pytest.mark.parametrize("larger", [3.0, 5.0])
def test_keyframes_that_go_out_over_time_take_nothing_away(fps: float, larger: float) -> None:
    clock = Clock()
    link = SimulatedLink(clock, 500_000, queue_s=1.0)
    call = SimulatedCall(link, layers=[220_000, 1_500_000], fps=fps, paced=True, keyframes=(8.0, larger))
    ConstantTraffic(link, 60_000)
    clock.run(60)
    assert min(call.estimates_of(5, 60)) > 350_000
    assert call.throughput(5, 60) > 220_000


# --- sharing ---


@pytest.mark.parametrize("elastic", [None, 3_000_000])
def test_a_policer_brings_the_rate_down_to_what_it_lets_through(elastic: int | None) -> None:
    call = call_over(100e6, until=40, link={"police_bps": 1e6}, elastic=elastic)
    arrived = sum(size for _, size in call.received)
    assert call.link.dropped * 1228 < 0.15 * arrived
    assert call.throughput(10, 40) > (0.85 * 1e6 if elastic else 450_000)


@pytest.mark.parametrize("queue_s", [0.3, 1.0])
@pytest.mark.parametrize("start", [5.0, 7.3])
def test_two_subscribers_share_a_bottleneck(queue_s: float, start: float) -> None:
    clock = Clock()
    link = SimulatedLink(clock, 2e6, queue_s=queue_s)
    calls = [SimulatedCall(link, publishers=2), SimulatedCall(link, publishers=2, start=start)]
    clock.run(60)
    less, more = sorted(call.throughput(20, 60) for call in calls)
    assert less > 0.8 * more
    assert less + more > 0.7 * 2e6


@pytest.mark.parametrize(("queue_s", "start"), [(0.3, 3.0), (0.3, 11.1), (1.0, 7.3), (1.0, 11.1)])
def test_two_subscribers_who_send_all_that_fits_share_a_bottleneck(queue_s: float, start: float) -> None:
    clock = Clock()
    link = SimulatedLink(clock, 2e6, queue_s=queue_s)
    calls = [SimulatedCall(link, start=begins, publishers=2, elastic=1_500_000) for begins in (0.0, start)]
    clock.run(60)
    less, more = sorted(call.throughput(20, 60) for call in calls)
    assert less > 0.8 * more
    assert less + more > 0.85 * 2e6


@pytest.mark.parametrize("queue_s", [0.3, 1.0])
def test_a_download_beside_does_not_end_the_picture(queue_s: float) -> None:
    clock = Clock()
    link = SimulatedLink(clock, 3e6, queue_s=queue_s)
    call = SimulatedCall(link)
    download = TcpDownload(link, 10.0)
    clock.run(40)
    assert call.throughput(15, 40) > 140_000
    assert download.received > 1_000_000


def crowded_s(call: SimulatedCall, start: float, stop: float) -> float:
    """Run from one time to another; for how long others are said to fill the queue."""
    found = 0
    for step in range(round((stop - start) * 10)):
        call.clock.run(start + step / 10)
        found += call.estimator.crowded
    return found / 10


def test_a_queue_that_a_download_fills_is_told_from_ones_own() -> None:
    clock = Clock()
    link = SimulatedLink(clock, 3e6, queue_s=1.0)
    call = SimulatedCall(link, paced=True)
    TcpDownload(link, 10.0)
    assert crowded_s(call, 0, 10) == 0
    assert crowded_s(call, 10, 30) > 5


@pytest.mark.parametrize("queue_s", [0.1, 0.3, 1.0])
def test_ones_own_queue_drains_and_is_not_taken_for_others(queue_s: float) -> None:
    for rates in (1.28e5, 3e5, [(0, 3e6), (10, 3e5)]):
        call = SimulatedCall(SimulatedLink(Clock(), rates, queue_s=queue_s), paced=True)
        assert crowded_s(call, 0, 30) < 3


# --- calm ---


def test_calm_it_notices_a_queue_within_two_samples() -> None:
    call = call_over([(0, 20e6), (20, 1_200_000)], until=30, link={"queue_s": 1.0})
    assert not call.estimator.attentive(30) or call.calm_s > 10
    assert call.fell_at(1_300_000, since=20) < 22.5


def test_it_stays_calm_where_reports_vary_in_how_long_they_take() -> None:
    estimator = call_over(20e6, until=20).estimator
    now, heard, attentive = 20.0, random.Random(1), 0  # noqa: S311 - the same each time
    for _ in range(60):
        now += 1
        estimator.on_receiver_report(0.0, 0.04 + heard.uniform(0, 0.25), now)
        attentive += now > 25 and estimator.attentive(now)
    assert attentive <= 6


@pytest.mark.parametrize("cause", ["nacks", "loss", "round trip", "longer round trip"])
def test_anything_unusual_makes_it_attentive_for_a_while(cause: str) -> None:
    call = call_over(20e6, until=20)
    estimator, now = call.estimator, 20.0
    assert not estimator.attentive(now)
    if cause == "nacks":
        estimator.on_nacked(12, now)
    elif cause == "loss":
        estimator.on_receiver_report(0.1, None, now)
    elif cause == "longer round trip":
        for _ in range(5):
            estimator.on_receiver_report(0.0, 0.02, now)
        estimator.on_receiver_report(0.0, 0.08, now)
        assert not estimator.attentive(now)
        estimator.on_receiver_report(0.0, 0.15, now)
    else:
        estimator.on_receiver_report(0.0, 1.0, now)
    assert estimator.attentive(now + 3)
    assert not estimator.attentive(now + 10)


# --- odd receivers ---


def columns(sent: list[float], arrived: list[float], size: int = 1200) -> Acknowledged:
    return Acknowledged(sent, arrived, [size] * len(sent), [0] * len(sent), None)


def test_a_receivers_clock_that_jumps_is_no_queue() -> None:
    estimator = GccEstimator(0.0)
    for step in range(400):
        now = step * 0.05
        jump = 3600.0 if step >= 200 else 0.0
        estimator.tick(now, step * 7200, None)
        estimator.on_feedback(columns([now - 0.03, now - 0.02], [now + 5 + jump, now + 5.01 + jump]), now)
    assert estimator.stats().queue_s == 0
    assert (estimator.estimate_bps or 0) >= 300_000


def test_it_does_not_decay_because_little_is_sent() -> None:
    clock = Clock()
    call = SimulatedCall(SimulatedLink(clock, 5e6))
    clock.run(10)
    before = call.estimate_at(10)
    call.layers = [20_000, 40_000, 60_000]
    clock.run(60)
    assert call.estimate_at(60) >= before


def test_an_estimate_is_never_far_beyond_what_was_proven() -> None:
    call = call_over(50e6, until=60, elastic=400_000, can_probe=False)
    assert max(call.estimates_of(0, 60)) < 4 * 400_000 < MAX_BPS


def test_probes_are_numbered_anew_and_spaced() -> None:
    call = call_over(500_000, until=60, link={"queue_s": 1.0}, publishers=2)
    numbers = [probe.id for _, probe in call.probes]
    assert len(set(numbers)) == len(numbers)
    late = [at for at, _ in call.probes if at > 5]
    assert all(after - before > 0.9 for before, after in itertools.pairwise(late))
    assert sum(probe.size_bytes for at, probe in call.probes if at > 5) * 8 / 55 < 0.03 * 500_000


def test_a_share_is_what_may_be_sent_be_it_more_or_less_but_who_has_all_they_want_keeps_it() -> None:
    estimator = GccEstimator(0.0)
    estimator.probe(0.0, 2_000_000)
    for bitrate_bps in (900_000, 250_000, 600_000):
        estimator.share(bitrate_bps, 1.0)
        assert estimator.estimate_bps == bitrate_bps
        assert estimator.decreased_at == 1.0
    estimator.probe(2.0, 400_000)
    estimator.share(400_000, 2.0)
    assert estimator.estimate_bps == 600_000
    estimator.share(300_000, 2.0)
    assert estimator.estimate_bps == 300_000
    estimator.share(20_000, 2.0)
    assert estimator.estimate_bps == SHARED_LEAST_BPS, "No less than beside others who fill the queue."
