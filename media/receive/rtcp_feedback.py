"""What one transport tells a sender about what it receives: NACKs, PLIs, transport-wide feedback, receiver reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.counts import Counts
from media.ortc.header_extensions import TRANSPORT_WIDE_CC
from media.receive.round_trip import RoundTrip
from media.rtp.rtcp import build_nack, build_pli, build_receiver_report, build_remb
from media.rtp.twcc import TransportFeedbackBuilder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from media.net.buffers import Block
    from media.ortc.parameters import RtpParameters
    from media.receive.stream import ReceiveStream
    from media.rtp.rtp import RtpHeader

FEEDBACK_INTERVAL_S: Final = 0.1
# Losses are asked for at once, but not more often than this; those that follow sooner wait for the next tick.
PROMPT_INTERVAL_S: Final = 0.01
# The SSRC our own RTCP feedback comes from; nothing is sent on it.
FEEDBACK_SSRC: Final = 1
# Numbers in one NACK: even if no two of them share an entry, it stays within 1200 bytes.
MAX_NACKED_AT_ONCE: Final = 250
# RFC 3550 section 6.4.2: a count of five bits.
MAX_REPORT_BLOCKS: Final = 31


class RtcpFeedback:
    """`send` takes RTCP that is ready but for its protection.

    `hurry` asks for `tick` within 20 ms, `soon` as soon as what has arrived together has been taken, `after` after so
    many seconds. A sender of video
    that wants no transport-wide feedback is told by REMB that it may send `remb_bps` bits/s, unless that is 0.
    """

    __slots__ = (
        "_after",
        "_asked",
        "_builder",
        "_counts",
        "_due",
        "_hurry",
        "_prompt_at",
        "_remb_bps",
        "_repairing",
        "_round_trip",
        "_send",
        "_soon",
        "_ssrc",
        "transport_wide_id",
    )

    def __init__(
        self,
        send: Callable[[bytes], None],
        hurry: Callable[[], None],
        soon: Callable[[], None],
        after: Callable[[float], None],
        remb_bps: int = 0,
        counts: Counts | None = None,
    ) -> None:
        self._send = send
        self._counts = counts or Counts()
        self._hurry = hurry
        self._soon = soon
        self._after = after
        # Whether `tick` was asked for, to tell of arrivals.
        self._asked = False
        self._remb_bps = remb_bps
        self._round_trip = RoundTrip()
        self._prompt_at = -PROMPT_INTERVAL_S
        self._repairing: set[ReceiveStream] = set()
        self._builder = TransportFeedbackBuilder()
        self._ssrc = 0
        self._due = 0.0
        # The id of the header extension with transport-wide sequence numbers, 0 where the sender wants no feedback.
        self.transport_wide_id = 0

    def follow(self, parameters: RtpParameters) -> None:
        """Give transport-wide feedback, if a track's parameters have both the extension and the RTCP feedback."""
        identifier = next((e.id for e in parameters.header_extensions if e.uri == TRANSPORT_WIDE_CC), 0)
        wanted = any(f.type == "transport-cc" for codec in parameters.codecs for f in codec.rtcp_feedback)
        if identifier and wanted and not self.transport_wide_id:
            self.transport_wide_id = identifier

    def note_arrival(
        self, memory: Block, header: RtpHeader, extensions: dict[int, tuple[int, int]], now: float
    ) -> None:
        """A packet was taken now whose sender wants transport-wide feedback, about when it came."""
        place = extensions.get(self.transport_wide_id)
        if place is not None and place[1] == 2:
            view, offset = memory.view, place[0]
            arrived_us = int(memory.arrived_at(now) * 1_000_000)
            self._builder.received(view[offset] << 8 | view[offset + 1], arrived_us)
            self._ssrc = header.ssrc
            if not self._asked:
                self._asked = True
                self._after(self._due - now)

    def request_key_frame(self, ssrc: int) -> None:
        """Send a PLI (RFC 4585 section 6.3.1)."""
        self._counts.key_frames_out += 1
        self._send(build_pli(FEEDBACK_SSRC, ssrc))

    def watch_repairs(self, stream: ReceiveStream, now: float) -> None:
        """Ask for what `stream` misses, soon and until it has come."""
        self._repairing.add(stream)
        if now - self._prompt_at >= PROMPT_INTERVAL_S:
            self._prompt_at = now
            self._soon()
        else:
            self._hurry()

    def forget(self, streams: Iterable[ReceiveStream]) -> None:
        """Ask for nothing more of these."""
        self._repairing.difference_update(streams)

    def tick(self, now: float) -> bool:
        """Send NACKs and transport-wide feedback that are due; whether to be called again soon."""
        self._ask_for_missing(now)
        if self.transport_wide_id and now >= self._due:
            self._due = now + FEEDBACK_INTERVAL_S
            self._asked = False
            for packet in self._builder.build(FEEDBACK_SSRC, self._ssrc):
                self._send(packet)
        elif self._asked:
            # It was called for something else, or a little early.
            self._after(self._due - now)
        return bool(self._repairing)

    def _ask_for_missing(self, now: float) -> None:
        for stream in list(self._repairing):
            for waited_ms, asks in stream.answered():
                self._round_trip.answered(waited_ms, asks)
            lost, hopeless = stream.missing(now, self._round_trip.wait_ms)
            if stream.ssrc is not None:
                self._counts.nacked_out += len(lost)
                for start in range(0, len(lost), MAX_NACKED_AT_ONCE):
                    part = lost[start : start + MAX_NACKED_AT_ONCE]
                    self._send(build_nack(FEEDBACK_SSRC, stream.ssrc, part))
                if hopeless and stream.format.is_video and stream.keyframes.requested(now):
                    self.request_key_frame(stream.ssrc)
            if not stream.repairing:
                self._repairing.discard(stream)

    def report(self, streams: Sequence[ReceiveStream], now: float) -> None:
        """Send receiver reports about all streams, and REMB."""
        blocks = [block for stream in streams if (block := stream.report(now)) is not None]
        for start in range(0, len(blocks), MAX_REPORT_BLOCKS):
            data = build_receiver_report(FEEDBACK_SSRC, blocks[start : start + MAX_REPORT_BLOCKS])
            if start == 0 and self._remb_bps and not self.transport_wide_id:
                ssrcs = [stream.ssrc for stream in streams if stream.ssrc is not None and stream.format.is_video]
                if ssrcs:
                    data += build_remb(FEEDBACK_SSRC, self._remb_bps, ssrcs)
            self._send(data)
