"""The parts of the delay- and loss-based estimate, one by one."""

from __future__ import annotations

import itertools
import math
import random

import pytest

from media.bandwidth.acknowledged import AcknowledgedRate
from media.bandwidth.arrival_groups import ArrivalGroups
from media.bandwidth.loss import LEAST_BPS, LossControl
from media.bandwidth.own_backlog import MAX_S as LONGEST_S
from media.bandwidth.own_backlog import OwnBacklog
from media.bandwidth.own_bursts import PACKETS, OwnBursts
from media.bandwidth.probes import Probes
from media.bandwidth.rate_control import RateControl
from media.bandwidth.trend_line import TrendLine, fitted_slope

# --- arrival groups ---


def told(groups: ArrivalGroups, sent: list[float], arrived: list[float]) -> list[tuple[float, float]]:
    return [(round(at, 6), round(delay, 6)) for at, delay in groups.add(sent, arrived)]


def test_a_picture_sent_at_once_is_one_group_that_tells_its_first_packets_delay() -> None:
    sent = [0.0, 0.0005, 0.001, 0.1, 0.1005]
    arrived = [5.03, 5.04, 5.05, 5.13, 5.14]
    assert told(ArrivalGroups(), sent, arrived) == [(5.05, 5.03), (5.14, 5.03)]


def test_packets_gathered_by_a_radio_link_are_one_group_that_tells_its_last_packets_delay() -> None:
    sent = [0.0, 0.01, 0.02, 0.03]
    arrived = [1.05, 1.051, 1.052, 1.053]
    assert told(ArrivalGroups(), sent, arrived) == [(1.053, 1.023)]


def test_a_group_goes_on_in_the_next_feedback_and_is_told_once() -> None:
    groups = ArrivalGroups()
    assert len(groups.add([0.0, 0.001], [1.0, 1.01])) == 1
    assert groups.add([0.002, 0.003], [1.02, 1.03]) == []
    assert len(groups.add([0.1], [1.1])) == 1


def test_what_was_sent_before_the_group_tells_nothing() -> None:
    groups = ArrivalGroups()
    groups.add([0.0, 0.1], [1.0, 1.1])
    assert groups.add([0.05], [1.2]) == []


# --- the queue that our own bursts explain ---


def test_a_burst_waits_for_itself_and_what_comes_later_does_not() -> None:
    backlog = OwnBacklog()
    backlog.add([1.0, 1.0, 1.0, 1.08, 1.5], [1250] * 5)
    assert backlog.wait_s(1.08, 200_000) == pytest.approx(0.07)
    backlog.add([1.51, 1.52], [1250] * 2)
    assert backlog.wait_s(1.52, 200_000) == pytest.approx(0.05 * 2 - 0.02)


def test_what_is_sent_beyond_the_rate_for_long_is_no_burst() -> None:
    backlog = OwnBacklog()
    for step in range(100):
        backlog.add([(10 * step + index) / 100 for index in range(10)], [1250] * 10)
        assert backlog.wait_s(step * 0.1 + 0.09, 500_000) <= LONGEST_S
    assert backlog.wait_s(10.0, 500_000) == 0, "nothing new was heard"


def test_the_last_feedback_that_nobody_asked_about_is_enough() -> None:
    backlog = OwnBacklog()
    for step in range(1000):
        backlog.add([step * 0.1], [1250])
    backlog.add([100.0, 100.0], [1250, 1250])
    assert backlog.wait_s(100.0, 100_000) == pytest.approx(0.0)
    assert backlog.wait_s(100.0, 100_000) == 0


# --- the rate of arrivals ---


def arrivals(gaps: list[float]) -> list[float]:
    return [sum(gaps[: index + 1], 50.0) for index in range(len(gaps))]


def test_a_burst_behind_a_queue_tells_what_the_link_carries_as_soon_as_three_packets_came() -> None:
    bursts = OwnBursts()
    arrived = arrivals([0.019] * 9)
    told = []
    for index in range(9):
        bursts.add([10.0], arrived[index : index + 1], [1188])
        told.append(bursts.rate(0.001))
    assert told[: PACKETS - 1] == [None] * (PACKETS - 1)
    for index, rate in enumerate(told[PACKETS - 1 :], PACKETS - 1):
        assert rate is not None
        assert rate[0] == pytest.approx(1188 * 8 / 0.019)
        assert rate[1] == arrived[index - PACKETS + 1]
    bursts.add([10.1], [60.0], [1188])
    assert bursts.rate(0.001) is None, "Another burst."
    bursts.reset()
    assert bursts.rate(0.001) is None


def test_what_passed_before_a_link_became_narrow_says_nothing_of_what_it_carries_now() -> None:
    gaps = [0.003] * 6 + [0.019] * 2
    for count, rate in ((6, 1188 * 8 / 0.003), (7, None), (8, 1188 * 8 / 0.019)):
        bursts = OwnBursts()
        bursts.add([10.0] * (count + 4), arrivals([0.003] * 4 + gaps[:count]), [1188] * (count + 4))
        told = bursts.rate(0.0)
        assert (told[0] if told else 0.0) == pytest.approx(rate or 0.0)


def test_the_more_delays_vary_the_longer_a_burst_has_to_be() -> None:
    gaps = [0.019] * 4
    bursts = OwnBursts()
    bursts.add([10.0] * 4, arrivals(gaps), [1188] * 4)
    assert bursts.rate(0.007) is not None
    assert bursts.rate(0.01) is None


@pytest.mark.parametrize("gaps", [[0.0, 0.001, 0.15, 0.001, 0.001], [0.15, 0.0, 0.0, 0.0, 0.0], [0.0] * 10])
def test_what_something_held_up_and_what_came_at_once_tells_nothing(gaps: list[float]) -> None:
    bursts = OwnBursts()
    bursts.add([10.0] * len(gaps), arrivals(gaps), [1188] * len(gaps))
    assert bursts.rate(0.0) is None


@pytest.mark.parametrize("interval", [0.01, 0.05, 0.2])
def test_the_rate_of_arrivals_is_right_for_many_and_for_few(interval: float) -> None:
    rate = AcknowledgedRate()
    for step in range(int(3 / interval)):
        rate.add([step * interval], [1000], certain=True)
    assert rate.rate_bps() == pytest.approx(8000 / interval, rel=0.02)


def test_a_rate_needs_half_a_second_and_sizes_that_are_certain() -> None:
    rate = AcknowledgedRate()
    rate.add([0.0, 0.1, 0.2, 0.3], [1000] * 4, certain=True)
    assert rate.rate_bps() is None
    assert rate.busy_bps() == pytest.approx(80_000, rel=0.01)
    rate.add([0.4], [50_000], certain=False)
    assert rate.busy_bps() is None


def test_what_arrived_before_a_link_became_narrow_does_not_count_as_what_it_carries_while_busy() -> None:
    rate = AcknowledgedRate()
    rate.add([0.01 * step for step in range(30)], [1000] * 30, certain=True)
    rate.add([0.31, 0.33, 0.35, 0.37], [1000] * 4, certain=True)
    assert (rate.busy_bps() or 0) > 500_000
    rate.changed(0.31)
    rate.changed(0.05)
    assert rate.busy_bps() == pytest.approx(400_000)


def test_memory_stays_bounded() -> None:
    rate = AcknowledgedRate()
    for step in range(100_000):
        rate.add([step * 1e-6], [1000], certain=True)
    assert len(rate._at) < 5000


# --- trend ---


def usage_of(trend: TrendLine) -> str:
    return trend.usage


def fed(delays: list[float], interval: float = 0.05) -> TrendLine:
    trend = TrendLine()
    for step, delay in enumerate(delays):
        trend.add([(step * interval, delay)])
        trend.detect()
    return trend


def test_a_delay_that_grows_is_overuse_and_one_that_falls_is_not() -> None:
    flat = [0.1] * 40
    assert fed(flat).usage == "normal"
    assert fed(flat + [0.1 + 0.005 * step for step in range(12)]).usage == "overusing"
    assert fed([0.4 - 0.005 * step for step in range(40)]).usage == "underusing"


def test_a_queue_is_measured_from_the_least_delay_and_others_queues_are_accepted() -> None:
    trend = fed([0.1] * 20 + [0.3] * 20)
    assert trend.queue_s == pytest.approx(0.2)
    assert usage_of(trend) == "overusing"
    trend.accept_queue()
    trend.add([(2.1, 0.3)])
    trend.detect()
    assert usage_of(trend) == "normal"


def test_the_slope_is_that_of_the_line() -> None:
    xs = [1e6 + 0.1 * step for step in range(20)]
    assert fitted_slope(xs, [0.3 * x for x in xs]) == pytest.approx(0.3)
    assert fitted_slope([1.0, 1.0], [1.0, 2.0]) == 0.0


# --- rate control ---


def step(rate: RateControl, now: float, arriving: float, queue: float = 0.0, *, over: bool = False) -> bool:
    return rate.update(
        "overusing" if over else "normal",
        arriving_bps=arriving,
        busy_bps=arriving,
        queue_s=queue,
        limit_s=0.05,
        sent_bps=rate.bitrate_bps,
        rtt_s=0.05,
        proven=1.5,
        now=now,
    )


def test_growth_ends_at_what_is_proven() -> None:
    rate = RateControl(300_000, 0.0)
    for tenth in range(600):
        step(rate, tenth / 10, 400_000)
    assert rate.bitrate_bps == pytest.approx(610_000)


def test_a_queue_is_drained_below_the_capacity_and_the_rate_given_back() -> None:
    rate = RateControl(2_000_000, 0.0)
    step(rate, 1.0, 1_000_000, 0.5, over=True)
    assert rate.draining
    assert rate.bitrate_bps < 720_000
    step(rate, 1.5, 1_000_000, 0.01)
    assert 870_000 < rate.bitrate_bps < 920_000
    assert str(rate.draining) == "False"


def test_who_has_just_begun_to_send_more_falls_to_what_the_link_carried_then() -> None:
    rate = RateControl(1_000_000, 0.0)
    for arriving_bps, busy_bps in ((600_000, 950_000), (600_000, 0)):
        rate.set(1_000_000, 0.0)
        rate.update(
            "overusing",
            arriving_bps=arriving_bps,
            busy_bps=busy_bps,
            queue_s=0.04,
            limit_s=0.05,
            sent_bps=1_000_000,
            rtt_s=0.05,
            proven=1.5,
            now=10.0 if busy_bps else 20.0,
        )
        assert (rate.bitrate_bps > 700_000) is bool(busy_bps)


def test_a_queue_that_stays_while_our_share_falls_is_not_ours() -> None:
    rate = RateControl(2_000_000, 0.0)
    step(rate, 1.0, 2_000_000, 0.5, over=True)
    answers = [step(rate, 1.0 + tenth / 10, 900_000, 0.5) for tenth in range(100)]
    assert answers.count(True) == 1
    assert not rate.draining


# --- loss ---


def lose(control: LossControl, share: float, rate_bps: float, seconds: float, now: float) -> float:
    """Feedback each 0.1 s about packets of 1000 bytes at this rate."""
    for _ in range(int(seconds * 10)):
        count = int(rate_bps / 80_000)
        control.update(count, round(count * share), count * 1000, now - 0.1, now - 0.001, queued=False, now=now)
        now += 0.1
    return now


def test_loss_that_stays_when_less_is_sent_is_the_links_own() -> None:
    control = LossControl(0.0)
    now = lose(control, 0.2, 2_000_000, 1.0, 0.0)
    assert control.experimenting
    assert control.limit_bps < 2_000_000
    lose(control, 0.2, 1_500_000, 2.0, now)
    assert control.limit_bps == math.inf
    assert control.inherent == pytest.approx(0.2, abs=0.03)


def test_heavy_loss_takes_the_rate_below_what_arrives_in_one_step_and_is_never_left_to_become_worse() -> None:
    control = LossControl(0.0)
    for step in range(4):
        now = 0.4 * (step + 1)
        control.update(40, 6 if step < 2 else 28, 180_000, now - 0.35, now - 0.01, queued=False, now=now)
    assert control.experimenting
    assert control.limit_bps < 0.35 * 180_000 * 8 / 0.34


def test_a_measured_rate_far_below_what_a_guess_has_left_does_not_wait() -> None:
    rate = RateControl(2_700_000, 0.0)
    for now, busy in ((1.0, 0), (1.05, 440_000)):
        rate.update(
            "overusing",
            arriving_bps=1_100_000,
            busy_bps=busy,
            queue_s=0.02 if not busy else 0.24,
            limit_s=0.06,
            sent_bps=1_700_000,
            rtt_s=0.3,
            proven=1.2,
            now=now,
        )
    assert rate.bitrate_bps < 440_000


def test_a_queue_that_grows_fast_tells_what_the_link_carries() -> None:
    rate = RateControl(2_700_000, 0.0)
    rate.update(
        "overusing",
        arriving_bps=1_100_000,
        busy_bps=0,
        queue_s=0.02,
        limit_s=0.06,
        steepness=0.7,
        sent_bps=1_500_000,
        rtt_s=0.1,
        proven=1.2,
        now=1.0,
    )
    assert 300_000 < rate.bitrate_bps < 500_000


def test_loss_that_goes_when_less_is_sent_is_a_limit() -> None:
    control = LossControl(0.0)
    now = lose(control, 0.4, 2_000_000, 1.0, 0.0)
    lose(control, 0.0, 1_000_000, 2.0, now)
    assert 900_000 < control.limit_bps < 1_300_000


def test_little_loss_and_an_outage_are_nothing() -> None:
    control = LossControl(0.0)
    now = lose(control, 0.05, 2_000_000, 5.0, 0.0)
    control.forget_until(now + 2)
    lose(control, 1.0, 2_000_000, 2.0, now)
    assert control.limit_bps == math.inf


def lose_by_chance(share: float, wanted_bps: float, seed: int, *, carried_bps: float = math.inf) -> list[float]:
    """The limit each 0.1 s of a minute, where each packet is lost with this chance, and what the link can't carry."""
    control, chance = LossControl(0.0), random.Random(seed)  # noqa: S311 - the same chances in each run
    limits = []
    debt = 0.0
    for step in range(1, 600):
        now = step / 10
        sent_bps = min(wanted_bps, control.limit_bps)
        debt += sent_bps / 80_000
        count = int(debt)
        debt -= count
        too_much = max(0.0, 1 - carried_bps / sent_bps)
        lost = sum(chance.random() < share + (1 - share) * too_much for _ in range(count))
        control.update(count, lost, count * 1000, now - 0.1, now - 0.001, queued=False, now=now)
        limits.append(control.limit_bps)
    return limits


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("wanted_bps", [200_000, 600_000, 1_700_000])
@pytest.mark.parametrize("share", [0.05, 0.1, 0.2])
def test_loss_by_chance_takes_nobody_the_rate_for_long(share: float, wanted_bps: float, seed: int) -> None:
    limits = lose_by_chance(share, wanted_bps, seed)
    assert min(limits) >= LEAST_BPS
    assert sum(limit < wanted_bps for limit in limits) < 0.25 * len(limits)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("share", [0.0, 0.05])
def test_what_a_link_does_not_carry_is_found_beside_loss_by_chance(share: float, seed: int) -> None:
    limits = lose_by_chance(share, 1_700_000, seed, carried_bps=1_000_000)
    late = limits[100:]
    assert sum(limit <= 1_300_000 for limit in late) > 0.7 * len(late)
    assert min(limits) > 400_000


# --- probes ---


def arrive(probes: Probes, capacity_bps: float, now: float, *, lost: int = -1) -> float | None:
    """Send what is due over a link of this capacity; what it proves."""
    probe = probes.next(now, 4_000_000, 300_000, rtt_s=0.1, noise_s=0.0, used=False)
    assert probe is not None
    size = probe.size_bytes // probe.packets + 1
    free = 0.0
    for index in range(probe.packets):
        sent = now + index * size * 8 / probe.bitrate_bps
        free = max(free, sent) + size * 8 / capacity_bps
        probes.add(probe.id, sent, math.nan if index == lost else free + 7, size)
    return probes.results(now + 0.2, 300_000)


def test_a_cluster_tells_its_own_rate_on_a_link_with_room_also_if_a_packet_is_lost() -> None:
    assert arrive(Probes(300_000), 20e6, 0.0) == pytest.approx(900_000, rel=0.02)
    assert arrive(Probes(300_000), 20e6, 0.0, lost=2) == pytest.approx(900_000, rel=0.02)


def test_a_cluster_tells_the_links_rate_where_there_is_none() -> None:
    assert arrive(Probes(300_000), 600_000, 0.0) == pytest.approx(0.95 * 600_000, rel=0.05)


@pytest.mark.parametrize("packet", [290, 1200])
@pytest.mark.parametrize("capacity", [400_000, 700_000, 20_000_000])
def test_a_cluster_that_a_timer_sends_in_steps_tells_the_same(packet: int, capacity: int) -> None:
    probes = Probes(300_000)
    probe = probes.next(0.0, 4_000_000, 300_000, rtt_s=0.1, noise_s=0.0, used=False)
    assert probe is not None
    sent = now = free = 0.0
    count = 0
    while sent < probe.size_bytes or count < probe.packets:
        while sent < (now + 0.005) * probe.bitrate_bps / 8:
            free = max(free, now) + packet * 8 / capacity
            probes.add(probe.id, now, round((free + 7) / 0.00025) * 0.00025, packet)
            sent += packet
            count += 1
        now += 0.005
    measured = probes.results(0.3, 300_000)
    assert measured == pytest.approx(min(0.95 * capacity, probe.bitrate_bps), rel=0.06)


def test_clusters_that_fail_become_rare() -> None:
    probes = Probes(300_000)
    times = []
    for tenth in range(3000):
        now = tenth / 10
        probe = probes.next(now, 4_000_000, 1_000_000, rtt_s=0.1, noise_s=0.0, used=False)
        probes.results(now, 1_000_000)
        if probe is not None:
            times.append(now)
    assert times[-1] - times[-2] > 25
    assert len(times) < 25


@pytest.mark.parametrize(("fallen_bps", "deep"), [(150_000, True), (250_000, False)])
def test_the_end_of_a_fall_below_what_was_before_a_raise_is_looked_for_often(fallen_bps: int, deep: bool) -> None:
    probes = Probes(300_000)
    assert arrive(probes, 20e6, 0.0) is not None
    probes.dropped(1.0, 900_000, fallen_bps)
    times = []
    for tenth in range(10, 590):
        now = tenth / 10
        if probes.next(now, 4_000_000, fallen_bps, rtt_s=0.1, noise_s=0.0, used=False) is not None:
            times.append(now)
        probes.results(now, fallen_bps)
    longest_s = max(later - earlier for earlier, later in itertools.pairwise(times))
    assert (longest_s < 6) is deep


def test_a_link_that_loses_nearly_all_is_no_error() -> None:
    control = LossControl(0.0)
    for step in range(600):
        now = 0.1 * (step + 1)
        control.update(10, 9 + step % 2, 10_000, now - 0.1, now - 0.001, queued=False, now=now)
    assert 0 < control.loss <= 1
