"""A track's RTP packets, as a dump has them and in order.

Everything is at hand, so a packet that was repaired seconds later is put where it belongs; but a track may be hundreds
of megabytes, so only a few seconds are held at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.errors import ParseError
from media.rtp.rtp import RtpHeader, parse_rtp_header, read_extensions
from media.rtp.seq import Unwrapper

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from recording.rtpdump import Record

# How long a missing packet is waited for, in packets' arrival time, and how many packets are held meanwhile.
WINDOW_S: Final = 3.0
MAX_HELD: Final = 4096
# Of the packets that come first, the lowest number is the first.
START_S: Final = 0.3


class RtpPacket:
    """`extended` and `timestamp` are without wrap-around; `arrival_s` is the recording's time."""

    __slots__ = ("_data", "_header", "arrival_s", "extended", "marker", "position", "timestamp")

    def __init__(
        self, data: bytes, header: RtpHeader, extended: int, timestamp: int, arrival_s: float, position: int
    ) -> None:
        self._data = data
        self._header = header
        self.extended = extended
        self.timestamp = timestamp
        self.arrival_s = arrival_s
        self.marker = header.marker
        # Where the packet is in its file.
        self.position = position

    @property
    def payload(self) -> memoryview:
        """Without padding; empty for packets that only keep the connection busy."""
        start = self._header.payload_offset
        return memoryview(self._data)[start : start + self._header.payload_length]

    def extension(self, identifier: int) -> bytes | None:
        """A header extension's value (RFC 8285); None if there is none, or nothing readable."""
        if not self._header.ext_length:
            return None
        try:
            place = read_extensions(self._data, self._header).get(identifier)
        except (ParseError, IndexError):
            return None
        return None if place is None else self._data[place[0] : place[0] + place[1]]


class PacketParser:
    """Turns a track's records into packets, in the order in which they arrived.

    `offset_s` is when in the recording the dump's offsets begin to count, `timestamp` one from before, without
    wrap-around, for who begins in the middle. What is no packet of the track is left out.
    """

    def __init__(self, payload_type: int, offset_s: float, timestamp: int | None = None) -> None:
        self._payload_type = payload_type
        self._offset_s = offset_s
        self._numbers = Unwrapper()
        self._timestamp = timestamp

    def parse(self, record: Record) -> RtpPacket | None:
        """The record's packet."""
        data = record.data
        try:
            header = parse_rtp_header(data, len(data))
        except ParseError:
            return None
        if header.payload_type != self._payload_type:
            return None
        number = self._numbers.unwrap(header.sequence_number)
        timestamp = self.unwrap_timestamp(header.timestamp)
        return RtpPacket(data, header, number, timestamp, self.arrival_s(record), record.position)

    def arrival_s(self, record: Record) -> float:
        """When a record arrived, in s of the recording."""
        return self._offset_s + record.offset_ms / 1000

    def unwrap_timestamp(self, timestamp: int) -> int:
        """An RTP timestamp without wrap-around, going by the newest before; steps of less than 2^31 are understood.

        The very first is moved up one cycle, so that late ones stay positive.
        """
        newest = self._timestamp
        if newest is None:
            newest = timestamp + 0x100000000
        extended = newest + ((timestamp - newest + 0x80000000) & 0xFFFFFFFF) - 0x80000000
        if self._timestamp is None or extended > newest:
            self._timestamp = extended
        return extended


def in_order(packets: Iterable[RtpPacket]) -> Iterator[RtpPacket]:
    """The packets by rising number, each number once; gaps are where packets are missing.

    A packet that comes when its place has been passed (after `WINDOW_S` without progress) is left out.
    """
    gap = _Gap()
    for packet in packets:
        if packet.extended == gap.missing and not gap.held:  # as nearly always
            gap.missing += 1
            yield packet
        else:
            yield from gap.add(packet)
    for number in sorted(gap.held):
        yield gap.held[number]


class _Gap:
    """The packets after one that is `missing` (None before the start), and for how long they wait."""

    def __init__(self) -> None:
        self.missing: int | None = None
        self.held: dict[int, RtpPacket] = {}
        self._since_s = 0.0

    def add(self, packet: RtpPacket) -> list[RtpPacket]:
        """Hold the packet; returns those whose turn it is now."""
        if self.missing is not None and packet.extended < self.missing:
            return []
        if not self.held:
            self._since_s = packet.arrival_s
        self.held.setdefault(packet.extended, packet)
        if self.missing not in self.held:
            patience_s = START_S if self.missing is None else WINDOW_S
            if packet.arrival_s - self._since_s < patience_s and len(self.held) < MAX_HELD:
                return []
        number = self.missing if self.missing in self.held else min(self.held)
        ready = []
        while (following := self.held.pop(number, None)) is not None:
            ready.append(following)
            number += 1
        self.missing = number
        self._since_s = packet.arrival_s
        return ready
