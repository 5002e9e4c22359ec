"""What a client's RTCP tells about the tracks that it gets, and to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from media.net.path_validation import Probation
from media.receive.demux import Demultiplexer
from media.receive.rtcp_receiver import RtcpReceiver
from media.rtp.reception import SenderClock
from media.rtp.rtcp import ReportBlock, build_receiver_report
from media.send.sent_reports import SentReports

if TYPE_CHECKING:
    from media.ortc.parameters import MediaKind
    from media.rtp.rtcp import Nack

SSRC = 7


class Track:
    """One that a client gets, and is behind with."""

    def __init__(self, kind: MediaKind, behind_s: float) -> None:
        self.ssrc = SSRC
        self.kind = kind
        self.reports = SentReports(SSRC, "")
        self.highest: list[int] = []
        self._behind_s = behind_s

    def behind_s(self, sequence_number: int, now: float) -> float:  # noqa: ARG002
        self.highest.append(sequence_number)
        return self._behind_s

    def resend(self, nack: Nack, now: float) -> int:  # noqa: ARG002
        """Not asked here."""
        return 0

    def request_key_frame(self) -> None:
        """Not asked here."""


class Link:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, float | None]] = []

    def on_transport_wide(self, fci: bytes, now: float) -> None:
        """Not asked here."""

    def on_remb(self, bitrate_bps: int, now: float) -> None:
        """Not asked here."""

    def on_receiver_report(self, fraction_lost: float, rtt_s: float | None, now: float) -> None:  # noqa: ARG002
        self.heard.append((fraction_lost, rtt_s))

    def on_nacked(self, packets: int, now: float) -> None:
        """Not asked here."""


def heard(track: Track, *, echoed_after_s: float | None) -> list[tuple[float, float | None]]:
    """What the link hears with a report on a track, which echoes a sender report or doesn't."""
    link = Link()
    receiver = RtcpReceiver(Demultiplexer(), Probation[None](0.0), lambda: None, link)
    receiver.add(track)
    lsr = 0
    if echoed_after_s is not None:
        clock = SenderClock.by_arrival(0, 10.0, 90_000)
        track.reports.build(clock, 0, (1, 1), 10.0, 0.0)
        lsr, _ = track.reports.latest or (0, 0.0)
    block = ReportBlock(SSRC, fraction_lost=64, highest_sequence=3 << 16 | 500, lsr=lsr)
    receiver.receive(build_receiver_report(1, [block]), 10.0 + (echoed_after_s or 0.0))
    return link.heard


@pytest.mark.parametrize(
    ("behind_s", "echoed_after_s", "rtt_s"),
    [(0.0, None, None), (0.4, None, 0.4), (0.0, 0.25, 0.25), (0.1, 0.25, 0.25), (0.4, 0.25, 0.4)],
)
def test_a_receiver_that_is_behind_has_a_round_trip_of_at_least_that(
    behind_s: float, echoed_after_s: float | None, rtt_s: float | None
) -> None:
    track = Track("video", behind_s)
    assert heard(track, echoed_after_s=echoed_after_s) == [(0.25, rtt_s)]
    assert track.highest == [500]


def test_what_is_said_about_sound_tells_nothing_of_the_link() -> None:
    assert heard(Track("audio", 1.0), echoed_after_s=0.1) == []
