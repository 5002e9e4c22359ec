"""The RTCP that one client sends: reports and requests about the tracks that it gets, the clocks of those it sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from media.counts import Counts
from media.rtp.rtcp import (
    Fir,
    Nack,
    Pli,
    ReceiverReport,
    Remb,
    SenderReport,
    TransportWide,
    parse_compound,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.net.path_validation import Probation
    from media.ortc.parameters import MediaKind
    from media.receive.demux import Demultiplexer
    from media.rtp.rtcp import RtcpPacket
    from media.send.sent_reports import SentReports


class SentTrack(Protocol):
    """A track that the client gets (a consumer), and what the client may say about it."""

    @property
    def ssrc(self) -> int: ...
    @property
    def kind(self) -> MediaKind: ...
    @property
    def reports(self) -> SentReports: ...
    def behind_s(self, sequence_number: int, now: float) -> float: ...
    def resend(self, nack: Nack, now: float) -> int: ...
    def request_key_frame(self) -> None: ...


class Link(Protocol):
    """Who estimates what the client's link carries, and is told what the client says about it (`Downlink`)."""

    def on_transport_wide(self, fci: bytes, now: float) -> None: ...
    def on_remb(self, bitrate_bps: int, now: float) -> None: ...
    def on_receiver_report(self, fraction_lost: float, rtt_s: float | None, now: float) -> None: ...
    def on_nacked(self, packets: int, now: float) -> None: ...


class RtcpReceiver:
    """`receive` takes each datagram, decrypted; `on_path_proven` hears when a report has shown where the peer is.

    `heard` tells whether any has come.
    """

    __slots__ = ("_counts", "_demultiplexer", "_link", "_on_path_proven", "_probation", "_tracks", "heard")

    def __init__(
        self,
        demultiplexer: Demultiplexer,
        probation: Probation[Any],
        on_path_proven: Callable[[], None],
        link: Link,
        counts: Counts | None = None,
    ) -> None:
        self.heard = False
        self._counts = counts or Counts()
        self._link = link
        self._demultiplexer = demultiplexer
        self._probation = probation
        self._on_path_proven = on_path_proven
        self._tracks: dict[int, SentTrack] = {}

    def add(self, track: SentTrack) -> None:
        """Hand on what is said about this track's SSRC."""
        self._tracks[track.ssrc] = track

    def remove(self, track: SentTrack) -> None:
        """Forget a track; unknown ones are ignored."""
        self._tracks.pop(track.ssrc, None)

    def receive(self, data: bytes, now: float) -> None:
        """A compound (or reduced-size) datagram came. Raises `ParseError`."""
        self.heard = True
        for packet in parse_compound(data):
            handle = _HANDLERS.get(type(packet))
            if handle is not None:  # others, such as BYE: who ends a track says so in signalling
                handle(self, packet, now)

    def _sender_report(self, report: SenderReport, now: float) -> None:
        stream = self._demultiplexer.by_ssrc(report.ssrc)
        if stream is not None:
            stream.receive_sender_report(report, now)
        self._report_blocks(report, now)

    def _report_blocks(self, report: SenderReport | ReceiverReport, now: float) -> None:
        for block in report.reports:
            track = self._tracks.get(block.ssrc)
            if track is None:
                continue
            reports = track.reports
            reports.receive(block, now)
            if track.kind == "video":
                rtt_s = reports.rtt_s
                behind_s = track.behind_s(block.highest_sequence & 0xFFFF, now)
                if behind_s > 0:
                    # The round trip is at least that, and this is known before the next sender report is echoed.
                    rtt_s = behind_s if rtt_s is None else max(behind_s, rtt_s)
                self._link.on_receiver_report(reports.fraction_lost, rtt_s, now)
            latest = reports.latest
            if self._probation.active and block.lsr and latest is not None:
                sent_at = reports.sent_at(block.lsr)
                if self._probation.reported(block.lsr, sent_at, latest, now):
                    self._on_path_proven()

    def _nack(self, nack: Nack, now: float) -> None:
        track = self._tracks.get(nack.media_ssrc)
        if track is not None:
            self._counts.nacked_in += len(nack.lost)
            first = track.resend(nack, now)
            if track.kind == "video":
                self._link.on_nacked(first, now)

    def _pli(self, pli: Pli, _now: float) -> None:
        track = self._tracks.get(pli.media_ssrc)
        if track is not None:
            self._counts.key_frames_in += 1
            track.request_key_frame()

    def _fir(self, fir: Fir, _now: float) -> None:
        for ssrc in fir.ssrcs:
            track = self._tracks.get(ssrc)
            if track is not None:
                self._counts.key_frames_in += 1
                track.request_key_frame()

    def _remb(self, remb: Remb, now: float) -> None:
        self._link.on_remb(remb.bitrate_bps, now)

    def _transport_wide(self, feedback: TransportWide, now: float) -> None:
        self._link.on_transport_wide(feedback.fci, now)


_HANDLERS: Final[dict[type[RtcpPacket], Callable[[RtcpReceiver, Any, float], None]]] = {
    SenderReport: RtcpReceiver._sender_report,
    ReceiverReport: RtcpReceiver._report_blocks,
    Nack: RtcpReceiver._nack,
    Pli: RtcpReceiver._pli,
    Fir: RtcpReceiver._fir,
    Remb: RtcpReceiver._remb,
    TransportWide: RtcpReceiver._transport_wide,
}
