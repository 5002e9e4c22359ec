"""Sends packets again that one consumer's receiver has lost: by RTX (RFC 4588), or the very same packet once more.

By RTX also what a bandwidth probe needs: packets that the receiver has, or padding, both of which it acknowledges and
then drops.
"""

from __future__ import annotations

import math
import secrets
from typing import TYPE_CHECKING, Final, Protocol

from media.rtp.packet import ABS_SEND_TIME_SIZE, HEADER
from media.send.transport_wide import WIRE_OVERHEAD
from media.token_bucket import TokenBucket

if TYPE_CHECKING:
    from collections.abc import Iterable

    from media.rtp.packet import Packet
    from media.send.destination import Destination
    from media.send.rewriter import PacketRewriter

# A resent packet is not resent again before this much time has passed: the first copy may be on its way. Each time it
# takes longer: receivers that don't know the round trip ask each 100 ms, however long the bottleneck's queue is.
RESEND_INTERVAL_S: Final = 0.02
RESEND_PATIENCE: Final = 5
# Where the round trip is known so many copies may be on their way at most, on a narrow link one: browsers ask ten times
# in a second and then give up, and each time that they ask, the copy may have got lost, too.
COPIES_UNDER_WAY: Final = 3
LEAST_ROUND_TRIP_S: Final = 0.1
MAX_ROUND_TRIP_S: Final = 1.0
# After so long it is another packet, with the same number.
FORGOTTEN_S: Final = 5.0
RESENDS_REMEMBERED: Final = 1024
# A browser asks ten times, each 100 ms, and then shows nothing for three seconds, until it asks for a keyframe. What it
# still asks for so long after it was sent again for the first time, it will hardly get.
HOPELESS_S: Final = 0.75
# What one consumer can make us resend: packets a second, and at once.
RESENDS_PER_SECOND: Final = 500.0
RESENDS_AT_ONCE: Final = 500.0
# What it costs to look for a packet that we don't have any more, in resent packets.
USELESS_NACK_COST: Final = 0.25


# A probe repeats the newest packets, one after the other; smaller ones are not worth it.
PROBE_REPEATS: Final = 8
PROBE_LEAST: Final = 300
# All that one byte of padding length can tell (RFC 3550 section 5.1).
PADDING: Final = 255


class SentPackets(Protocol):
    """Where packets that were sent are found again (`SequenceMap`)."""

    @property
    def newest(self) -> tuple[int, int] | None: ...
    def find(self, sequence_number: int) -> tuple[Packet, PacketRewriter] | None: ...


class Retransmitter:
    """Of one consumer; `resent` counts packets, `octets` all of their bytes.

    Without an RTX payload type and SSRC the same packet is sent again.
    """

    __slots__ = (
        "_asked_at",
        "_budget",
        "_destination",
        "_padding",
        "_probes",
        "_rtx_payload_type",
        "_rtx_sequence_number",
        "_rtx_ssrc",
        "_sent",
        "hopeless",
        "octets",
        "resent",
    )

    def __init__(
        self,
        destination: Destination,
        sent: SentPackets,
        rtx_payload_type: int | None,
        rtx_ssrc: int | None,
        now: float,
        padding: tuple[bytes, int, int] = (b"", -1, -1),
    ) -> None:
        self._destination = destination
        # The extension block of packets without payload, and where in such a packet is room for send time and number.
        self._padding = padding
        self._probes = 0
        self._sent = sent
        self._rtx_payload_type = rtx_payload_type
        self._rtx_ssrc = rtx_ssrc
        self._rtx_sequence_number = secrets.randbelow(0x4000) + 1
        # When each was sent again, how long it then takes until it is once more, and when it was for the first time.
        self._asked_at: dict[int, tuple[float, float, float]] = {}
        # Whether the last NACK asked for something that was sent again `HOPELESS_S` ago.
        self.hopeless = False
        self._budget = TokenBucket(RESENDS_PER_SECOND, RESENDS_AT_ONCE, now)
        self.resent = 0
        self.octets = 0

    def resend(self, sequence_numbers: Iterable[int], now: float, round_trip_s: float | None = None) -> int:
        """Answer a NACK (RFC 4585 section 6.2.1) as far as the budgets go: of this consumer, and of its receiver.

        On a narrow link no copy is sent before the one before can have arrived: it would only make the queue longer.
        How many packets were asked for that had not been before.
        """
        whole = self._destination.resends
        most_s, least_s = math.inf, RESEND_INTERVAL_S
        if round_trip_s is not None:
            round_trip_s = min(max(round_trip_s, LEAST_ROUND_TRIP_S), MAX_ROUND_TRIP_S)
            most_s = max(round_trip_s / COPIES_UNDER_WAY, LEAST_ROUND_TRIP_S)
            pacing = self._destination.pacing
            if pacing is not None and pacing.narrow:
                least_s = most_s = round_trip_s + pacing.wait_s
        first = 0
        self.hopeless = False
        for sequence_number in sequence_numbers:
            last, wait_s, since = self._asked_at.get(sequence_number, (now, 0.0, math.inf))
            self.hopeless |= max(HOPELESS_S, least_s + LEAST_ROUND_TRIP_S) < now - since < FORGOTTEN_S
            if now - last < wait_s:
                continue
            if not (self._budget.has(1, now) and whole.has(1, now)):
                return first
            if len(self._asked_at) >= RESENDS_REMEMBERED:
                self._asked_at.clear()
            if now - last > FORGOTTEN_S:
                wait_s, since = 0.0, math.inf
            first += not wait_s
            resent = self._resend(sequence_number, now)
            if resent:
                since = min(since, now)
            self._asked_at[sequence_number] = (now, min(max(least_s, RESEND_PATIENCE * wait_s), most_s), since)
            cost = 1.0 if resent else USELESS_NACK_COST
            self._budget.tokens -= cost
            whole.tokens -= cost
        return first

    def repeat(self, sequence_number: int, now: float) -> None:
        """Send a packet by RTX that nobody has asked for, as far as the budgets go."""
        whole = self._destination.resends
        asked = self._asked_at.get(sequence_number)
        if self._rtx_ssrc is None or (asked is not None and now - asked[0] < FORGOTTEN_S):
            return
        if self._budget.has(1, now) and whole.has(1, now) and self._resend(sequence_number, now):
            self._budget.tokens -= 1
            whole.tokens -= 1

    def _resend(self, sequence_number: int, now: float) -> bool:
        """Whether the packet is there, and there is a way to send it."""
        destination = self._destination
        egress = destination.egress
        found = self._sent.find(sequence_number)
        pacing = destination.pacing
        if pacing is not None and found is not None and not pacing.resends(found[1].ssrc, sequence_number):
            found = None
        if egress is None or found is None or not destination.open:
            return False
        packet, forward = found
        self.resent += 1
        if self._rtx_payload_type is None or self._rtx_ssrc is None:
            # With other stamps it would be another packet under the same number, and so with the same nonce; and the
            # number of one that still waits may be given back.
            if packet.abs_send_time_at < 0 and packet.number_at < 0 and not (pacing is not None and len(pacing)):
                egress.put(packet, forward)
                self.octets += len(packet.data)
            return True
        self.octets += self._send_rtx(packet, forward, now)
        return True

    def send_probe(self, now: float) -> int:
        """One packet that tells the receiver nothing new, by RTX; its bytes on the wire, 0 if there is no RTX."""
        destination = self._destination
        if self._rtx_payload_type is None or self._rtx_ssrc is None or not destination.open:
            return 0
        newest = self._sent.newest
        self._probes += 1
        if newest is not None:
            found = self._sent.find((newest[0] - self._probes % PROBE_REPEATS) & 0xFFFF)
            # The first packet of a keyframe is not for that: see `Pacing`.
            if found is not None and len(found[0].data) >= PROBE_LEAST and not found[0].keyframe:
                return self._send_rtx(*found, now, at_once=True) + WIRE_OVERHEAD
        return self._send_padding(newest[1] if newest is not None else 0, now) + WIRE_OVERHEAD

    def _send_rtx(self, packet: Packet, forward: PacketRewriter, now: float, *, at_once: bool = False) -> int:
        destination = self._destination
        if destination.egress is None:
            return 0
        packet.stamp(int(now * 262144) & 0xFFFFFF)
        original = memoryview(bytearray(len(packet.data)))
        forward.write(packet, original, 0)
        first, second, original_number, timestamp, _ = HEADER.unpack_from(original)
        data = bytearray(self._header(first, second & 0x80, timestamp))
        data += original[HEADER.size : packet.payload_at]
        data += original_number.to_bytes(2, "big")
        data += original[packet.payload_at :]
        pacing = destination.pacing
        if pacing is not None and pacing.active and not at_once:
            pacing.put_bytes(data, packet, self._rtx_ssrc or 0)
        else:
            destination.egress.put_bytes(data, destination, packet.number_at)
        return len(data)

    def _send_padding(self, timestamp: int, now: float) -> int:
        destination = self._destination
        if destination.egress is None:
            return 0
        block, send_time_at, number_at = self._padding
        data = bytearray(self._header(0xB0 if block else 0xA0, 0, timestamp) + block + bytes(PADDING - 1))
        data.append(PADDING)
        if send_time_at >= 0:
            stamp = int(now * 262144) & 0xFFFFFF
            data[send_time_at : send_time_at + ABS_SEND_TIME_SIZE] = stamp.to_bytes(ABS_SEND_TIME_SIZE, "big")
        destination.egress.put_bytes(data, destination, number_at)
        return len(data)

    def _header(self, first: int, marker: int, timestamp: int) -> bytes:
        """The next header of the RTX stream."""
        number = self._rtx_sequence_number
        self._rtx_sequence_number = (number + 1) & 0xFFFF
        return HEADER.pack(first, marker | (self._rtx_payload_type or 0), number, timestamp, self._rtx_ssrc or 0)
