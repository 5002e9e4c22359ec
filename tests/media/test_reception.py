"""What is reported to a sender, and the line between its two clocks."""

from __future__ import annotations

import pytest

from media.rtp.reception import Reception, SenderClock
from media.rtp.rtcp import SenderReport


def clock(ntp: int, rtp_timestamp: int, arrival: float = 0.0) -> SenderClock:
    return SenderClock(SenderReport(1, ntp, rtp_timestamp, 0, 0), arrival, 90_000)


@pytest.mark.parametrize("start", [0, 65_530, 2**32 - 5])
def test_loss_since_the_last_report_and_since_the_beginning(start: int) -> None:
    reception = Reception(90_000)
    for number in range(100):
        if number % 10 != 5:
            reception.received(start + number, number * 3000, 1000, number / 30)
    first = reception.report(1, None, 4.0)
    assert (first.packets_lost, first.fraction_lost) == (10, 25)
    assert first.highest_sequence == (start + 99) & 0xFFFFFFFF
    for number in range(100, 150):
        reception.received(start + number, number * 3000, 1000, number / 30)
    second = reception.report(1, None, 6.0)
    assert (second.packets_lost, second.fraction_lost) == (10, 0)
    assert (reception.packets, reception.octets) == (140, 140_000)


def test_duplicates_make_the_loss_negative_and_the_fraction_nothing() -> None:
    reception = Reception(90_000)
    for _ in range(5):
        reception.received(1, 0, 10, 0.0)
    report = reception.report(1, None, 1.0)
    assert (report.packets_lost, report.fraction_lost) == (-4, 0)


def test_a_total_loss_fits_into_eight_bits() -> None:
    reception = Reception(90_000)
    reception.received(1, 0, 10, 0.0)
    reception.report(1, None, 1.0)
    reception.received(10**7, 0, 10, 0.0)
    report = reception.report(1, None, 1.0)
    assert (report.fraction_lost, report.packets_lost) == (255, 0x7FFFFF)


def test_jitter_follows_appendix_a8() -> None:
    reception = Reception(90_000)
    for number in range(400):
        reception.received(number, number * 3000, 10, number / 30 + (0.010 if number % 2 else 0.0))
    assert reception.jitter_s == pytest.approx(0.010, rel=0.05)
    before = reception.jitter_s
    reception.received(400, 0xF000_0000, 10, 400 / 30)  # a restarted timestamp
    assert reception.jitter_s == before


def test_nothing_received_is_nothing_lost() -> None:
    assert Reception(90_000).lost == 0
    assert Reception(90_000).report(1, None, 0.0).highest_sequence == 0


@pytest.mark.parametrize("rtp_timestamp", [0, 0xFFFF_FF00, 0x7FFF_FFFF])
def test_ntp_time_is_found_on_both_sides_of_a_report(rtp_timestamp: int) -> None:
    made = clock(1000 << 32, rtp_timestamp)
    for seconds in (-2, 0, 3):
        assert made.ntp_seconds((rtp_timestamp + seconds * 90_000) & 0xFFFFFFFF) == pytest.approx(1000 + seconds)


def test_the_clocks_go_on_evenly() -> None:
    ntp, timestamp = clock(1000 << 32, 7, arrival=50.0).at(50.5)
    assert ntp == (1000 << 32) + (1 << 31)
    assert timestamp == 7 + 45_000


def test_a_report_is_echoed_with_its_age() -> None:
    made = clock(0x12345678_9ABCDEF0, 0, arrival=50.0)
    assert made.middle == 0x56789ABC
    assert made.delay_since(51.5) == 98_304
