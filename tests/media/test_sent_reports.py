"""What is said of a stream that is sent: our reports, and those of its receiver."""

from __future__ import annotations

from media.rtp.reception import SenderClock
from media.rtp.rtcp import ReportBlock, SenderReport, parse_compound
from media.send.sent_reports import REPORTS_REMEMBERED, SentReports

SSRC = 0x1234


def _clock() -> SenderClock:
    """A sender's that was at 8 s of NTP and tick 900 when it was 100 s here."""
    return SenderClock(SenderReport(7, 8 << 32, 900, 0, 0), 100.0, 90_000)


def _built(reports: SentReports, now: float, timestamp_offset: int = 0, set_back_s: float = 0.0) -> SenderReport:
    report = parse_compound(reports.build(_clock(), timestamp_offset, (3, 5_000), now, set_back_s))[0]
    assert isinstance(report, SenderReport)
    return report


def test_a_report_tells_the_senders_time_and_our_own_numbers() -> None:
    report = _built(SentReports(SSRC, "name"), 102.0, timestamp_offset=10)
    assert (report.ssrc, report.ntp, report.rtp_timestamp) == (SSRC, 10 << 32, 900 + 2 * 90_000 + 10)


def test_a_report_that_is_set_back_tells_of_a_moment_before() -> None:
    report = _built(SentReports(SSRC, "name"), 102.0, set_back_s=1.0)
    assert (report.ntp, report.rtp_timestamp) == (9 << 32, 900 + 90_000)


def test_the_receiver_says_what_it_lost_and_by_its_echo_how_long_the_way_is() -> None:
    reports = SentReports(SSRC, "name")
    _built(reports, 102.0)
    assert reports.latest == (10 << 16, 102.0)
    reports.receive(ReportBlock(SSRC, 64, lsr=10 << 16, dlsr=65_536 // 2), 103.0)
    assert (reports.fraction_lost, reports.rtt_s) == (0.25, 0.5)


def test_an_echo_of_nothing_that_was_sent_is_no_round_trip() -> None:
    reports = SentReports(SSRC, "name")
    reports.receive(ReportBlock(SSRC, 0, lsr=0, dlsr=0), 103.0)
    assert (reports.rtt_s, reports.latest) == (None, None)


def test_only_the_last_reports_are_remembered() -> None:
    reports = SentReports(SSRC, "name")
    stamps = [_built(reports, 102.0 + second).ntp >> 16 & 0xFFFFFFFF for second in range(REPORTS_REMEMBERED + 1)]
    assert reports.sent_at(stamps[0]) is None
    assert [reports.sent_at(stamp) for stamp in stamps[1:]] == [103.0 + n for n in range(REPORTS_REMEMBERED)]
