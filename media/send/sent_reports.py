"""What is said of one stream that is sent, by RTCP: our sender reports of it, and its receiver's report blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.rtp.rtcp import build_sdes_cname, build_sender_report

if TYPE_CHECKING:
    from media.rtp.reception import SenderClock
    from media.rtp.rtcp import ReportBlock

# Receivers echo the newest report that has come; more than a few are not under way at a time.
REPORTS_REMEMBERED: Final = 4


class SentReports:
    """Of one SSRC, whose sender is called `cname`. Times are in seconds of the clock that callers pass in.

    `fraction_lost` (0 to 1) and `rtt_s` are the receiver's newest; `rtt_s` is None until it has echoed a report.
    """

    __slots__ = ("_cname", "_reports", "_ssrc", "fraction_lost", "rtt_s")

    def __init__(self, ssrc: int, cname: str) -> None:
        self.fraction_lost = 0.0
        self.rtt_s: float | None = None
        self._ssrc = ssrc
        self._cname = cname
        # Middle 32 bits of a report's NTP time, and when it was sent. A deque would take four times as much memory.
        self._reports: list[tuple[int, float]] = []

    def build(
        self, clock: SenderClock, timestamp_offset: int, sent: tuple[int, int], now: float, set_back_s: float
    ) -> bytes:
        """A report and CNAME (RFC 3550 section 6.4.1), with the sender's own NTP time for lip-sync.

        `sent` are packets and payload octets so far, `timestamp_offset` is what the stream's own RTP timestamps are
        moved by. The report tells of a moment `set_back_s` ago, which is as good: both of its clocks are set back.
        """
        ntp, timestamp = clock.at(now - set_back_s)
        packets, octets = sent
        report = build_sender_report(
            ssrc=self._ssrc,
            ntp=ntp,
            rtp_timestamp=(timestamp + timestamp_offset) & 0xFFFFFFFF,
            packet_count=packets & 0xFFFFFFFF,
            octet_count=octets & 0xFFFFFFFF,
        )
        self._reports = [*self._reports[1 - REPORTS_REMEMBERED :], ((ntp >> 16) & 0xFFFFFFFF, now)]
        return report + build_sdes_cname(self._ssrc, self._cname)

    def receive(self, block: ReportBlock, now: float) -> None:
        """What the receiver says about the stream (RFC 3550 section 6.4.1, LSR and DLSR)."""
        self.fraction_lost = block.fraction_lost / 256
        sent_at = self.sent_at(block.lsr)
        if sent_at is not None:
            self.rtt_s = max(0.0, now - sent_at - block.dlsr / 65536)

    def sent_at(self, lsr: int) -> float | None:
        """When the report went out that has this time stamp, if it is one of the last `REPORTS_REMEMBERED`."""
        return next((sent_at for middle, sent_at in self._reports if middle == lsr), None)

    @property
    def latest(self) -> tuple[int, float] | None:
        """The newest report's time stamp, and when it was sent."""
        return self._reports[-1] if self._reports else None
