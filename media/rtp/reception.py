"""What a receiver reports about a stream: RFC 3550 appendix A.3 (loss) and A.8 (jitter), and the sender's clock."""

from __future__ import annotations

from media.rtp.rtcp import ReportBlock, SenderReport

NTP_FRACTION = 1 << 32


class SenderClock:
    """The line between a sender's NTP and RTP time that its last sender report drew (RFC 3550 section 6.4.1)."""

    __slots__ = ("_arrival", "_ntp", "_rtp_timestamp", "clock_rate")

    def __init__(self, report: SenderReport, arrival: float, clock_rate: int) -> None:
        self._ntp = report.ntp
        self._rtp_timestamp = report.rtp_timestamp
        self._arrival = arrival
        self.clock_rate = clock_rate

    @classmethod
    def by_arrival(cls, rtp_timestamp: int, arrival: float, clock_rate: int) -> SenderClock:
        """A line that our clock draws: it had this time when a packet with this RTP timestamp came."""
        return cls(SenderReport(0, int(arrival * NTP_FRACTION), rtp_timestamp, 0, 0), arrival, clock_rate)

    @property
    def middle(self) -> int:
        """The middle 32 bits of the NTP time, as report blocks echo them (LSR)."""
        return (self._ntp >> 16) & 0xFFFFFFFF

    def delay_since(self, now: float) -> int:
        """How long ago the report arrived, in 1/65536 s (DLSR)."""
        return int((now - self._arrival) * 65536) & 0xFFFFFFFF

    def ntp_seconds(self, rtp_timestamp: int) -> float:
        """The sender's NTP time in seconds at an RTP timestamp near the report."""
        ticks = (rtp_timestamp - self._rtp_timestamp + 0x80000000 & 0xFFFFFFFF) - 0x80000000
        return self._ntp / NTP_FRACTION + ticks / self.clock_rate

    def at(self, now: float) -> tuple[int, int]:
        """The sender's NTP time (64 bit) and RTP timestamp (not wrapped) as they stand `now`, going on evenly."""
        passed = now - self._arrival
        return self._ntp + int(passed * NTP_FRACTION), self._rtp_timestamp + int(passed * self.clock_rate)


class Reception:
    """Counts of one received stream; times in seconds."""

    __slots__ = (
        "_clock_rate",
        "_expected_prior",
        "_first",
        "_jitter",
        "_received_prior",
        "_transit",
        "highest",
        "octets",
        "packets",
    )

    def __init__(self, clock_rate: int) -> None:
        self._clock_rate = clock_rate
        self._first: int | None = None
        self.highest = 0
        self.packets = 0
        self.octets = 0
        self._expected_prior = 0
        self._received_prior = 0
        self._transit: float | None = None
        self._jitter = 0.0

    def received(self, extended: int, rtp_timestamp: int, octets: int, now: float) -> None:
        """Count one packet that came on its own SSRC (a recovered one stays lost in the sender's eyes)."""
        if self._first is None:
            self._first = extended
            self.highest = extended
        self.highest = max(self.highest, extended)
        self.packets += 1
        self.octets += octets
        transit = now * self._clock_rate - rtp_timestamp
        if self._transit is not None:
            difference = abs(transit - self._transit)
            if difference < self._clock_rate:  # a wrapped or restarted timestamp is no jitter
                self._jitter += (difference - self._jitter) / 16
        self._transit = transit

    @property
    def jitter_s(self) -> float:
        """Interarrival jitter in seconds."""
        return self._jitter / self._clock_rate

    @property
    def lost(self) -> int:
        """Packets that never came, since the beginning; negative with duplicates."""
        return 0 if self._first is None else self.highest - self._first + 1 - self.packets

    def report(self, ssrc: int, clock: SenderClock | None, now: float) -> ReportBlock:
        """The next report block; the fraction lost counts since the last call."""
        expected = 0 if self._first is None else self.highest - self._first + 1
        expected_interval = expected - self._expected_prior
        lost_interval = expected_interval - (self.packets - self._received_prior)
        self._expected_prior = expected
        self._received_prior = self.packets
        fraction = 0
        if expected_interval > 0 and lost_interval > 0:
            fraction = min(255, lost_interval * 256 // expected_interval)
        return ReportBlock(
            ssrc=ssrc,
            fraction_lost=fraction,
            packets_lost=max(-0x800000, min(self.lost, 0x7FFFFF)),
            highest_sequence=self.highest & 0xFFFFFFFF,
            jitter=int(self._jitter) & 0xFFFFFFFF,
            lsr=clock.middle if clock else 0,
            dlsr=clock.delay_since(now) if clock else 0,
        )
