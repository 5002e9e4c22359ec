"""How good a connection is called."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from rooms.runtime.quality import QualityMeter, judge


@pytest.mark.parametrize(
    ("loss", "round_trip_s", "expected"),
    [
        (None, None, "unknown"),
        (0.0, None, "good"),
        (None, 0.05, "good"),
        (0.03, 0.3, "good"),
        (0.031, 0.0, "fair"),
        (0.0, 0.31, "fair"),
        (0.1, 0.6, "fair"),
        (0.11, 0.0, "poor"),
        (0.0, 0.61, "poor"),
        (0.05, 0.7, "poor"),
        (1.0, None, "poor"),
    ],
)
def test_the_worse_of_loss_and_delay_counts(loss: float | None, round_trip_s: float | None, expected: str) -> None:
    assert judge(loss, round_trip_s) == expected


def sending(*streams: tuple[int, int], producer_id: str = "p") -> Any:
    """What a participant sends; streams of lost and received packets."""
    made = [
        SimpleNamespace(layer=layer, reception=SimpleNamespace(lost=lost, packets=packets))
        for layer, (lost, packets) in enumerate(streams)
    ]
    return SimpleNamespace(producers={producer_id: SimpleNamespace(id=producer_id, streams=made)})


def receiving(*consumers: tuple[bool, float, float | None]) -> Any:
    """What a participant gets: whether anything is being sent, the loss, the round trip."""
    made = [
        SimpleNamespace(current=object() if active else None, fraction_lost=lost, rtt_s=rtt)
        for active, lost, rtt in consumers
    ]
    return SimpleNamespace(consumers=dict(enumerate(made)))


def test_nothing_sent_and_nothing_received_says_nothing() -> None:
    assert QualityMeter().measure(sending(), receiving()) == "unknown"
    assert QualityMeter().measure(sending((0, 0)), receiving((False, 0.9, 5.0))) == "unknown"


def test_only_what_was_lost_since_the_last_look_counts() -> None:
    meter = QualityMeter()
    assert meter.measure(sending((500, 1000)), receiving()) == "unknown"
    assert meter.measure(sending((500, 1100)), receiving()) == "good"
    assert meter.measure(sending((520, 1180)), receiving()) == "poor"
    assert meter.measure(sending((524, 1276)), receiving()) == "fair"


def test_few_packets_say_nothing() -> None:
    meter = QualityMeter()
    meter.measure(sending((0, 0)), receiving())
    assert meter.measure(sending((9, 10)), receiving()) == "unknown"


def test_layers_are_counted_together_and_a_count_that_falls_counts_as_none() -> None:
    meter = QualityMeter()
    meter.measure(sending((0, 0), (10, 100)), receiving())
    # late packets that were counted as lost arrive
    assert meter.measure(sending((2, 98), (4, 200)), receiving()) == "good"


def test_another_producer_starts_anew() -> None:
    meter = QualityMeter()
    meter.measure(sending((0, 0)), receiving())
    assert meter.measure(sending((400, 500), producer_id="q"), receiving()) == "unknown"


def test_the_worst_of_all_that_is_received_counts() -> None:
    meter = QualityMeter()
    assert meter.measure(sending(), receiving((True, 0.0, 0.02), (True, 0.05, None))) == "fair"
    assert meter.measure(sending(), receiving((True, 0.0, 0.02), (True, 0.0, 0.9))) == "poor"
