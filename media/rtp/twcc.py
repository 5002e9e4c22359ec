"""Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01): built and parsed.

It tells the sender of packets when each of them arrived; the sender's own estimator does the rest.
"""

from __future__ import annotations

import math
import struct
from itertools import accumulate
from typing import Final, NamedTuple

from media.errors import ParseError
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
FCI_HEAD: Final = struct.Struct(">HHI")
# Packets that one feedback may tell of: more than anybody remembers sending.
MAX_STATUSES: Final = 8192


# How far feedback goes back for a packet that comes late, as libwebrtc: what arrived so long ago, so many packets.
BACK_US: Final = 500_000
MAX_TOLD: Final = 400


class TransportFeedbackBuilder:
    """Collects arrivals (`received`) and turns them into feedback packets (`build`).

    Where a packet arrives after a feedback has told that it did not, the next feedback begins anew with that packet:
    on a link that changes the order nothing is lost, and a sender must not think so.
    """

    __slots__ = ("_arrivals", "_count", "_next", "_told", "_unwrapper")

    def __init__(self) -> None:
        self._unwrapper = Unwrapper()
        self._arrivals: dict[int, int] = {}
        # What has been told lately, in order of sequence number.
        self._told: dict[int, int] = {}
        self._next: int | None = None
        self._count = 0

    def received(self, transport_seq: int, arrival_us: int) -> None:
        """A packet with this transport-wide sequence number arrived at this time of any steady clock."""
        number = self._unwrapper.unwrap(transport_seq)
        if self._next is None or number >= self._next:
            self._arrivals.setdefault(number, arrival_us)
        elif self._told and number not in self._told and number > next(iter(self._told)):
            self._next = number
            self._arrivals[number] = arrival_us
            for told, arrived_us in list(self._told.items()):
                if told > number:
                    self._arrivals[told] = arrived_us
                    del self._told[told]

    def build(self, sender_ssrc: int, media_ssrc: int) -> list[bytes]:
        """RTCP packets about all arrivals since the last call; none for none."""
        packets = []
        while self._arrivals:
            packets.append(build_transport_feedback(sender_ssrc, media_ssrc, self._build_one()))
        self._forget()
        return packets

    def _forget(self) -> None:
        """What was told too long ago, or is too much."""
        told = self._told
        if not told:
            return
        newest_us = next(reversed(told.values()))
        for number, arrived_us in list(told.items()):
            if newest_us - arrived_us <= BACK_US and len(told) <= MAX_TOLD:
                break
            del told[number]

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
            self._told[number] = self._arrivals.pop(number)
        self._next = expected
        head = FCI_HEAD.pack(base & 0xFFFF, len(symbols), (reference & 0xFFFFFF) << 8 | self._count)
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


class TransportFeedback(NamedTuple):
    """One feedback packet: what became of the packets numbered `base` and following."""

    base: int
    """16-bit number of the first packet."""
    reference: int
    """24-bit time that arrivals count from, in units of 64 ms."""
    arrived_at_us: list[float]
    """For each packet when it arrived, in µs after the reference time; NaN where it did not."""


def _symbol_table(bits: int, width: int) -> list[bytes]:
    """For each value of `bits` bits its symbols of `width` bits, the highest first."""
    mask = (1 << width) - 1
    return [bytes(value >> shift & mask for shift in range(bits - width, -1, -width)) for value in range(1 << bits)]


# A status vector chunk's 14 bits in two parts (section 3.1.4): one-bit and two-bit symbols.
_ONE_BIT_HIGH, _ONE_BIT_LOW = _symbol_table(6, 1), _symbol_table(8, 1)
_TWO_BIT_HIGH, _TWO_BIT_LOW = _symbol_table(6, 2), _symbol_table(8, 2)


def parse_feedback(fci: bytes) -> TransportFeedback:
    """The part of a feedback packet behind the SSRCs, without RTCP's padding (section 3.1). Raises `ParseError`."""
    if len(fci) < FCI_HEAD.size:
        message = f"Transport-wide feedback of {len(fci)} bytes should have {FCI_HEAD.size}."
        raise ParseError(message)
    base, count, mixed = FCI_HEAD.unpack_from(fci)
    if count > MAX_STATUSES:
        message = f"Transport-wide feedback about {count} packets; it should be {MAX_STATUSES} at most."
        raise ParseError(message)
    symbols, position = _parse_symbols(fci, count)
    return TransportFeedback(base, mixed >> 8, _parse_deltas(fci, position, symbols))


def _parse_symbols(fci: bytes, count: int) -> tuple[bytes, int]:
    """What became of each packet, one byte each, and where the chunks end."""
    symbols = b""
    position, size = FCI_HEAD.size, len(fci)
    while len(symbols) < count:
        if position + 2 > size:
            message = "Transport-wide feedback ends before all its packet statuses."
            raise ParseError(message)
        high, low = fci[position], fci[position + 1]
        position += 2
        if high < 0x80:
            symbols += bytes((high >> 5,)) * ((high & 0x1F) << 8 | low)
        elif high < 0xC0:
            symbols += _ONE_BIT_HIGH[high & 0x3F] + _ONE_BIT_LOW[low]
        else:
            symbols += _TWO_BIT_HIGH[high & 0x3F] + _TWO_BIT_LOW[low]
    return symbols[:count], position


def _parse_deltas(fci: bytes, position: int, symbols: bytes) -> list[float]:
    small = symbols.count(SMALL_DELTA)
    if small == len(symbols) and position + small <= len(fci):
        return [ticks * DELTA_US for ticks in accumulate(fci[position : position + small])]
    large = symbols.count(LARGE_DELTA)
    if position + small + 2 * large > len(fci):
        message = "Transport-wide feedback ends before all its arrival times."
        raise ParseError(message)
    if symbols.count(3):
        message = "Transport-wide feedback has a packet status that is reserved."
        raise ParseError(message)
    arrived: list[float] = []
    time = 0
    for symbol in symbols:
        if symbol == SMALL_DELTA:
            time += fci[position]
            position += 1
        elif symbol == LARGE_DELTA:
            delta = fci[position] << 8 | fci[position + 1]
            time += delta - 0x10000 if delta & 0x8000 else delta
            position += 2
        else:
            arrived.append(math.nan)
            continue
        arrived.append(time * DELTA_US)
    return arrived
