"""What a receiver tells a sender about what arrives, as Chromium does: on packets that are still encrypted.

RTP headers are in the clear under SRTP; our SFU keeps room for the number behind abs-send-time, others elsewhere.
When a packet arrived is what the kernel says, so that a process which looks late tells of no congestion.
"""

from __future__ import annotations

import struct
import time
from typing import TYPE_CHECKING, Final, Literal

from media.ortc.capabilities import TRANSPORT_WIDE_ID
from media.rtp.packet import HEADER
from media.rtp.rtcp import ReportBlock, build_receiver_report, build_remb
from media.rtp.twcc import TransportFeedbackBuilder

if TYPE_CHECKING:
    from collections.abc import Callable

FeedbackKind = Literal["none", "transport-cc", "remb"]

SSRC: Final = 1
# A block of header extensions in the one-byte form (RFC 8285 section 4.2), and the head of the number's element.
BLOCK: Final = struct.Struct(">HH")
ONE_BYTE_FORM: Final = 0xBEDE
NUMBER_HEAD: Final = TRANSPORT_WIDE_ID << 4 | 1
NUMBER_SIZE: Final = 2
# libwebrtc's TransportSequenceNumberFeedbackGenerator: 5 % of the bandwidth for packets of 68 bytes, within bounds.
FEEDBACK_SHARE: Final = 0.05
FEEDBACK_BITS: Final = 68 * 8
LEAST_INTERVAL_S: Final = 0.05
MOST_INTERVAL_S: Final = 0.25
REPORT_INTERVAL_S: Final = 1.0


def number_at(packet: memoryview, length: int) -> int | None:
    """Where the transport-wide number stands in an RTP packet of so many bytes."""
    at = HEADER.size + 4 * (packet[0] & 0x0F)
    if not packet[0] & 0x10 or at + BLOCK.size > length:
        return None
    form, words = BLOCK.unpack_from(packet, at)
    at += BLOCK.size
    end = min(length, at + 4 * words)
    while form == ONE_BYTE_FORM and at + NUMBER_SIZE < end:
        head = packet[at]
        if head == NUMBER_HEAD:
            return at + 1
        at += 2 + (head & 0x0F) if head else 1
    return None


class Feedback:
    """Of one receiver: `received` each datagram, `tick` often. Receiver reports are sent whatever the kind is."""

    def __init__(self, kind: FeedbackKind, send_rtcp: Callable[[bytes], None], ssrc: int) -> None:
        self._kind = kind
        self._send = send_rtcp
        self._ssrc = ssrc
        self._builder = TransportFeedbackBuilder()
        self._bits = 0.0
        self._since = time.perf_counter()
        self._due = self._report_at = self._since
        self._interval_s = LEAST_INTERVAL_S
        self._last = 0
        self.numbered = 0
        self.sent = 0

    def received(self, view: memoryview, length: int, arrived_at_s: float) -> None:
        """One SRTP datagram came to the kernel then, in seconds of any steady clock."""
        self._bits += 8 * length
        if struct.unpack_from(">I", view, 8)[0] == self._ssrc:
            self._last = struct.unpack_from(">H", view, 2)[0]
        if self._kind != "transport-cc":
            return
        at = number_at(view, length)
        if at is None:
            return
        self.numbered += 1
        self._builder.received(view[at] << 8 | view[at + 1], int(arrived_at_s * 1_000_000))

    def tick(self) -> None:
        """Send what is due."""
        now = time.perf_counter()
        if now >= self._report_at:
            bitrate = self._bits / max(0.001, now - self._since)
            self._bits, self._since = 0.0, now
            self._report_at = now + REPORT_INTERVAL_S
            if bitrate:
                interval = FEEDBACK_BITS / (FEEDBACK_SHARE * bitrate)
                self._interval_s = min(MOST_INTERVAL_S, max(LEAST_INTERVAL_S, interval))
            report = build_receiver_report(SSRC, [ReportBlock(self._ssrc, highest_sequence=self._last)])
            if self._kind == "remb":
                report += build_remb(SSRC, 50_000_000, [self._ssrc])
            self._send(report)
        if self._kind == "transport-cc" and now >= self._due:
            self._due = now + self._interval_s
            for data in self._builder.build(SSRC, self._ssrc):
                self.sent += 1
                self._send(data)
