"""A probe's cluster goes out at its rate, with the media that goes out meanwhile."""

from __future__ import annotations

import pytest

from media.bandwidth.estimator import Probe
from media.ortc.negotiation import get_consumer_rtp_parameters
from media.rtp.rtp import parse_rtp_header, read_extensions
from media.send.probing import LARGE_S, MAX_S, PICTURE_S, STEP_S, ProbeRun, padding_extensions
from tests.media.parts import ROUTER, Track


def steps(probe: Probe, size: int, *, media_bytes: int = 0, limit: int = 200) -> list[int]:
    """Packets sent at each step, while each brings so many bytes of media too."""
    sent_bytes, sent = 0, 0

    def send(_now: float) -> int:
        nonlocal sent_bytes, sent
        sent_bytes += size
        sent += 1
        return size

    run, counts = ProbeRun(probe, 10.0, with_picture=False), []
    assert run.begin(0, 0.0, 10.0)
    for step in range(limit):
        before = sent
        again = run.step(sent_bytes, 10.0 + step * STEP_S, send)
        counts.append(sent - before)
        if not again:
            break
        sent_bytes += media_bytes
    return counts


@pytest.mark.parametrize("bitrate_bps", [900_000, 6_000_000])
def test_it_keeps_its_rate_until_it_has_its_size(bitrate_bps: int) -> None:
    probe = Probe(1, bitrate_bps, bitrate_bps * 15 // 8000, 5)
    counts = steps(probe, 300)
    assert sum(counts) * 300 >= probe.size_bytes
    assert sum(counts) >= 5
    assert max(counts) <= bitrate_bps * STEP_S / 8 / 300 + 1
    assert len(counts) * STEP_S >= 0.8 * probe.duration_s


def test_media_is_part_of_it() -> None:
    probe = Probe(1, 2_400_000, 6000, 0)
    assert sum(steps(probe, 300, media_bytes=1500)) < 0.5 * 6000 / 300


def begins(waits_s: list[float]) -> int:
    """At which step it begins, while what waits takes so long to leave; the last value stays."""
    run = ProbeRun(Probe(1, 900_000, 5000, 5), 10.0, with_picture=True)
    for step in range(200):
        if run.begin(0, waits_s[min(step, len(waits_s) - 1)], 10.0 + step * STEP_S):
            assert run.begun
            return step
        assert not run.begun
    return -1


@pytest.mark.parametrize(
    ("waits_s", "expected"),
    [
        ([0.0, 0.0, 0.05], 2),
        ([0.03, 0.0, 0.0, 0.02], 3),  # the next one, not the end of the last
        ([0.0, 0.25, 0.1, 0.05, 0.0, 0.04], 5),  # none that is a keyframe
    ],
)
def test_where_video_is_paced_it_begins_with_a_picture(waits_s: list[float], expected: int) -> None:
    assert begins(waits_s) == expected


def test_it_does_not_wait_for_a_picture_for_long() -> None:
    assert begins([0.0]) == pytest.approx(PICTURE_S / STEP_S, abs=1)
    assert begins([0.3]) == pytest.approx((PICTURE_S + LARGE_S) / STEP_S, abs=1)


def test_it_ends_where_nothing_can_be_sent_and_when_it_takes_too_long() -> None:
    probe = Probe(1, 900_000, 5000, 5)
    assert steps(probe, 0) == [1]  # tried once
    assert len(steps(Probe(1, 10_000, 50_000, 500), 300)) <= MAX_S / STEP_S + 2


def test_padding_has_room_for_a_send_time_and_a_number() -> None:
    block, send_time_at, at = padding_extensions(get_consumer_rtp_parameters(Track().producer.consumable, ROUTER))
    data = bytearray(b"\xb0\x61" + bytes(10) + block + b"\x00\x02")
    assert read_extensions(data, parse_rtp_header(data, len(data))) == {4: (send_time_at, 3)}
    data[at - 1] = 5 << 4 | 1
    assert read_extensions(data, parse_rtp_header(data, len(data))) == {4: (send_time_at, 3), 5: (at, 2)}
    without = type(ROUTER)(codecs=ROUTER.codecs, header_extensions=[])
    assert padding_extensions(get_consumer_rtp_parameters(Track().producer.consumable, without)) == (b"", -1, -1)
