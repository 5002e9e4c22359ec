"""Sends packets again that one consumer's receiver has lost: by RTX (RFC 4588), or the very same packet once more."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final, Protocol

from media.rtp.packet import HEADER
from media.token_bucket import TokenBucket

if TYPE_CHECKING:
    from collections.abc import Iterable

    from media.rtp.packet import Packet
    from media.send.destination import Destination
    from media.send.rewriter import PacketRewriter

# A resent packet is not resent again before this much time has passed: the first copy may be on its way.
RESEND_INTERVAL_S: Final = 0.02
RESENDS_REMEMBERED: Final = 1024
# What one consumer can make us resend: packets a second, and at once.
RESENDS_PER_SECOND: Final = 500.0
RESENDS_AT_ONCE: Final = 500.0
# What it costs to look for a packet that we don't have any more, in resent packets.
USELESS_NACK_COST: Final = 0.25


class SentPackets(Protocol):
    """Where packets that were sent are found again (`SequenceMap`)."""

    def find(self, sequence_number: int) -> tuple[Packet, PacketRewriter] | None: ...


class Retransmitter:
    """Of one consumer; `resent` counts packets. Without an RTX payload type and SSRC the same packet is sent again."""

    __slots__ = (
        "_asked_at",
        "_budget",
        "_destination",
        "_rtx_payload_type",
        "_rtx_sequence_number",
        "_rtx_ssrc",
        "_sent",
        "resent",
    )

    def __init__(
        self,
        destination: Destination,
        sent: SentPackets,
        rtx_payload_type: int | None,
        rtx_ssrc: int | None,
        now: float,
    ) -> None:
        self._destination = destination
        self._sent = sent
        self._rtx_payload_type = rtx_payload_type
        self._rtx_ssrc = rtx_ssrc
        self._rtx_sequence_number = secrets.randbelow(0x4000) + 1
        self._asked_at: dict[int, float] = {}
        self._budget = TokenBucket(RESENDS_PER_SECOND, RESENDS_AT_ONCE, now)
        self.resent = 0

    def resend(self, sequence_numbers: Iterable[int], now: float) -> None:
        """Answer a NACK (RFC 4585 section 6.2.1) as far as the budget goes."""
        for sequence_number in sequence_numbers:
            last = self._asked_at.get(sequence_number)
            if last is not None and now - last < RESEND_INTERVAL_S:
                continue
            if not self._budget.has(1, now):
                return
            if len(self._asked_at) >= RESENDS_REMEMBERED:
                self._asked_at.clear()
            self._asked_at[sequence_number] = now
            self._resend(sequence_number, now)

    def _resend(self, sequence_number: int, now: float) -> None:
        destination = self._destination
        egress = destination.egress
        found = self._sent.find(sequence_number)
        if egress is None or found is None or not destination.open:
            self._budget.tokens -= USELESS_NACK_COST
            return
        packet, forward = found
        self.resent += 1
        self._budget.tokens -= 1
        if self._rtx_payload_type is None or self._rtx_ssrc is None:
            # With other stamps it would be another packet under the same number, and so with the same nonce.
            if packet.abs_send_time_at < 0 and packet.number_at < 0:
                egress.put(packet, forward)
            return
        packet.stamp(int(now * 262144) & 0xFFFFFF)
        original = memoryview(bytearray(len(packet.data)))
        forward.write(packet, original, 0)
        first, second, original_number, timestamp, _ = HEADER.unpack_from(original)
        header = HEADER.pack(
            first, second & 0x80 | self._rtx_payload_type, self._rtx_sequence_number, timestamp, self._rtx_ssrc
        )
        self._rtx_sequence_number = (self._rtx_sequence_number + 1) & 0xFFFF
        block = original[HEADER.size : packet.payload_at]
        payload = original[packet.payload_at :]
        data = b"".join((header, block, original_number.to_bytes(2, "big"), payload))
        egress.put_bytes(data, destination, packet.number_at)
