"""Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01), the receiver's side.

Tells the sender when each of its packets arrived; its own estimator does the rest.
"""

from __future__ import annotations

import struct
from typing import Final

from media.rtp.rtcp import build_transport_feedback
from media.rtp.seq import Unwrapper

DELTA_US: Final = 250
REFERENCE_US: Final = 64_000
MAX_PACKETS: Final = 400
NOT_RECEIVED: Final = 0
SMALL_DELTA: Final = 1
LARGE_DELTA: Final = 2
RUN_LIMIT: Final = 0x1FFF
SYMBOLS_PER_VECTOR: Final = 7


class TransportFeedbackBuilder:
    """Collects arrivals (`received`) and turns them into feedback packets (`build`), each packet reported once.

    A packet that arrives after its feedback went out is not reported: the sender has counted it as lost.
    """

    __slots__ = ("_arrivals", "_count", "_next", "_unwrapper")

    def __init__(self) -> None:
        self._unwrapper = Unwrapper()
        self._arrivals: dict[int, int] = {}
        self._next: int | None = None
        self._count = 0

    def received(self, transport_seq: int, arrival_us: int) -> None:
        """A packet with this transport-wide sequence number arrived at this time of any steady clock."""
        number = self._unwrapper.unwrap(transport_seq)
        if self._next is None or number >= self._next:
            self._arrivals.setdefault(number, arrival_us)

    def build(self, sender_ssrc: int, media_ssrc: int) -> list[bytes]:
        """RTCP packets about all arrivals since the last call; none for none."""
        packets = []
        while self._arrivals:
            packets.append(build_transport_feedback(sender_ssrc, media_ssrc, self._build_one()))
        return packets

    def _build_one(self) -> bytes:
        numbers = sorted(self._arrivals)
        base = self._next if self._next is not None and numbers[0] - self._next < MAX_PACKETS else numbers[0]
        reference = self._arrivals[numbers[0]] // REFERENCE_US
        previous = reference * REFERENCE_US
        symbols: list[int] = []
        deltas = bytearray()
        expected = base
        for number in numbers:
            if number - base >= MAX_PACKETS:
                break
            delta = (self._arrivals[number] - previous) // DELTA_US
            if not -0x8000 <= delta <= 0x7FFF:
                break
            symbols += [NOT_RECEIVED] * (number - expected)
            if 0 <= delta <= 0xFF:
                symbols.append(SMALL_DELTA)
                deltas.append(delta)
            else:
                symbols.append(LARGE_DELTA)
                deltas += struct.pack(">h", delta)
            previous += delta * DELTA_US
            expected = number + 1
            del self._arrivals[number]
        self._next = expected
        head = struct.pack(">HHI", base & 0xFFFF, len(symbols), (reference & 0xFFFFFF) << 8 | self._count)
        self._count = (self._count + 1) & 0xFF
        return head + _chunks(symbols) + bytes(deltas)


def _chunks(symbols: list[int]) -> bytes:
    """Packet status chunks (section 3.1.2): runs of equal symbols, else vectors of seven two-bit symbols."""
    out = bytearray()
    position = 0
    while position < len(symbols):
        symbol = symbols[position]
        run = 1
        while position + run < len(symbols) and symbols[position + run] == symbol and run < RUN_LIMIT:
            run += 1
        if run >= SYMBOLS_PER_VECTOR or position + run == len(symbols):
            out += struct.pack(">H", symbol << 13 | run)
            position += run
            continue
        chunk = 0xC000
        for index, value in enumerate(symbols[position : position + SYMBOLS_PER_VECTOR]):
            chunk |= value << 2 * (SYMBOLS_PER_VECTOR - 1 - index)
        out += struct.pack(">H", chunk)
        position += SYMBOLS_PER_VECTOR
    return bytes(out)
