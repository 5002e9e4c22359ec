"""Google Congestion Control on simulated links: what it finds, how fast, and what does not disturb it."""

from __future__ import annotations

import pytest

from tests.media.simulated_call import SimulatedCall
from tests.media.simulated_link import Clock, SimulatedLink


def test_a_good_link_is_known_within_two_seconds_of_joining() -> None:
    clock = Clock()
    call = SimulatedCall(SimulatedLink(clock, 20e6), publishers=2)
    clock.run(2)
    assert call.reached_at(2_500_000) < 2


@pytest.mark.parametrize("queue_s", [0.1, 1.0])
@pytest.mark.parametrize("rate", [300_000, 500_000, 1_000_000, 2_000_000, 4_000_000])
def test_a_steady_bottleneck_is_used_and_its_queue_stays_short(rate: int, queue_s: float) -> None:
    clock = Clock()
    call = SimulatedCall(SimulatedLink(clock, rate, queue_s=queue_s), elastic=6_000_000)
    clock.run(30)
    assert call.throughput(5, 30) > 0.85 * rate
    assert call.delay(5, 30) < 0.25
