"""The links of the network benchmark against what they are told to be, in simulated time."""

from __future__ import annotations

import pytest

from benchmarks.download import SEGMENT_BYTES, Download
from benchmarks.link import Channel, Direction

SIZE = 1000


def flood(channel: Channel, from_s: float, to_s: float, packets_per_s: float) -> list[float | None]:
    count = round((to_s - from_s) * packets_per_s)
    return [channel.send(from_s + number / packets_per_s, SIZE) for number in range(count)]


def arrived(arrivals: list[float | None], from_s: float, to_s: float) -> int:
    return sum(1 for one in arrivals if one is not None and from_s <= one < to_s)


def test_a_perfect_link_lets_all_through_at_once() -> None:
    channel = Channel(Direction())
    assert flood(channel, 0, 1, 100) == [pytest.approx(number / 100) for number in range(100)]


def test_a_bottleneck_lets_its_rate_through_and_no_more() -> None:
    arrivals = flood(Channel(Direction(rate_bps=((0, 800_000),))), 0, 10, 200)
    assert arrived(arrivals, 1, 9) * SIZE * 8 / 8 == pytest.approx(800_000, rel=0.01)


def test_a_full_queue_delays_by_what_it_holds_and_drops_the_rest() -> None:
    channel = Channel(Direction(rate_bps=((0, 800_000),), queue_s=0.3))
    arrivals = flood(channel, 0, 5, 200)
    delays = [arrival - number / 200 for number, arrival in enumerate(arrivals) if arrival is not None]
    assert max(delays) == pytest.approx(0.3, abs=0.011)
    assert arrivals.count(None) == pytest.approx(len(arrivals) / 2, rel=0.1)


def test_a_queue_holds_two_full_packets_however_short_it_is() -> None:
    channel = Channel(Direction(rate_bps=((0, 100_000),), queue_s=0.01))
    assert [channel.send(0, 1500) is not None for _ in range(3)] == [True, True, False]


def test_a_rate_changes_while_a_packet_is_on_its_way() -> None:
    channel = Channel(Direction(rate_bps=((0, 8_000), (1, 16_000))))
    assert channel.send(0.5, SIZE) == pytest.approx(1.25)  # half of it at the first rate, half at twice that
    assert channel.rate_bps(0.9) == 8_000
    assert channel.rate_bps(-5) == 8_000
    assert channel.capacity_bytes(0, 3) == pytest.approx(1_000 + 4_000)


def test_a_share_of_packets_is_lost_and_the_same_ones_each_time() -> None:
    first, second, third = (flood(Channel(Direction(loss=0.05), seed), 0, 100, 100) for seed in (1, 1, 2))
    assert first.count(None) / len(first) == pytest.approx(0.05, abs=0.008)
    assert first == second
    assert first != third


def test_delay_and_jitter_add_up_and_nothing_overtakes() -> None:
    direction = Direction(delay_s=0.1, jitter_s=0.03)
    arrivals = [arrival for arrival in flood(Channel(direction), 0, 10, 100) if arrival is not None]
    delays = [arrival - number / 100 for number, arrival in enumerate(arrivals)]
    assert min(delays) >= 0.1
    assert max(delays) <= 0.13
    assert max(delays) - min(delays) > 0.02
    assert arrivals == sorted(arrivals)


def test_packets_overtake_where_the_link_reorders() -> None:
    direction = Direction(jitter_s=0.03, reorders=True)
    arrivals = [arrival for arrival in flood(Channel(direction), 0, 10, 100) if arrival is not None]
    assert arrivals != sorted(arrivals)


def test_nothing_passes_in_an_outage() -> None:
    channel = Channel(Direction(outages=((1, 2),)))
    arrivals = flood(channel, 0, 3, 100)
    assert [number for number, one in enumerate(arrivals) if one is None] == list(range(100, 200))
    assert sum(part.cut for part in channel.slices.values()) == 100


def test_what_passed_is_counted_by_flow() -> None:
    channel = Channel(Direction(rate_bps=((0, 800_000),)))
    for number in range(10):
        channel.send(number / 10, SIZE, "a" if number % 2 else "b")
    assert sum(part.through["a"] for part in channel.slices.values()) == 5 * SIZE
    assert sum(part.through.total() for part in channel.slices.values()) == 10 * SIZE


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="outages"):
        Direction(rate_bps=((0, 1_000_000), (5, 0)))


@pytest.mark.parametrize("queue_s", [0.1, 1.0])
def test_a_download_takes_what_the_link_has_and_fills_its_queue(queue_s: float) -> None:
    channel = Channel(Direction(rate_bps=((0, 2_000_000),), queue_s=queue_s, delay_s=0.02))
    download = Download(channel, from_s=1, to_s=21)
    while download.due is not None:
        download.step(download.due)
    through = sum(part.through["download"] for number, part in channel.slices.items() if 6 <= number < 42)
    assert through * 8 / 18 == pytest.approx(2_000_000, rel=0.1)
    assert max(part.queue_s for part in channel.slices.values()) == pytest.approx(queue_s, abs=0.02)
    assert sum(part.dropped for part in channel.slices.values()) < through / SEGMENT_BYTES * 0.05


def test_a_download_goes_on_after_an_outage() -> None:
    channel = Channel(Direction(rate_bps=((0, 2_000_000),), outages=((5, 8),)))
    download = Download(channel, from_s=0, to_s=20)
    while download.due is not None:
        download.step(download.due)
    through = sum(part.through["download"] for number, part in channel.slices.items() if 24 <= number < 40)
    assert through * 8 / 8 == pytest.approx(2_000_000, rel=0.15)
