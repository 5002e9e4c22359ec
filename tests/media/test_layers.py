"""Which layer is sent, and how far apart frames of two layers are put."""

from __future__ import annotations

import pytest

from media.receive.layers import choose_layer
from media.rtp.reception import SenderClock
from media.rtp.rtcp import SenderReport
from media.send.sequence_map import MAX_FRAME_DISTANCE_S, MIN_FRAME_DISTANCE_S, frame_distance


@pytest.mark.parametrize(
    ("active", "preferred", "expected"),
    [
        ([True, True, True], 2, 2),
        ([True, True, True], 0, 0),
        ([True, True, False], 2, 1),
        ([True, False, False], 2, 0),
        ([False, True, True], 0, 1),
        ([False, False, True], 0, 2),
        ([False, False, False], 1, None),
        ([True], 5, 0),
    ],
)
def test_layer_choice(active: list[bool], preferred: int, expected: int | None) -> None:
    assert choose_layer(active, preferred) == expected


def clock(ntp_seconds: float, rtp_timestamp: int) -> SenderClock:
    report = SenderReport(
        ssrc=1, ntp=int(ntp_seconds * 2**32), rtp_timestamp=rtp_timestamp, packet_count=0, octet_count=0, reports=[]
    )
    return SenderClock(report, 0.0, 90_000)


def test_sender_reports_give_the_exact_distance() -> None:
    old = clock(1000.0, 0)
    new = clock(1000.0, 0xFFFF0000)
    # 0.5 s into the old stream's time, 0.6 s into the new one's, across a wrap of its timestamps.
    distance = frame_distance(old, 45_000, new, (0xFFFF0000 + 54_000) & 0xFFFFFFFF, elapsed_s=0.08)
    assert distance == pytest.approx(0.1, abs=1e-5)


@pytest.mark.parametrize(
    ("new_timestamp", "elapsed", "expected"),
    [(0, 0.04, MIN_FRAME_DISTANCE_S), (90_000 * 60, 0.04, 0.04 + MAX_FRAME_DISTANCE_S)],
)
def test_a_jumping_sender_clock_is_kept_within_bounds(new_timestamp: int, elapsed: float, expected: float) -> None:
    assert frame_distance(clock(9, 0), 90_000, clock(9, 0), new_timestamp, elapsed) == pytest.approx(expected)


def test_without_reports_the_arrival_times_count() -> None:
    assert frame_distance(None, 0, None, 0, elapsed_s=0.25) == 0.25
    assert frame_distance(None, 0, clock(9, 0), 0, elapsed_s=0.0) == MIN_FRAME_DISTANCE_S
