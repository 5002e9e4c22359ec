"""Reads and writes rtpdump files, rtptools' format of recorded RTP and RTCP packets, which Wireshark opens too.

A text line, a header with the start's Unix time, then packets, each with its arrival in ms since the start. All numbers
are in network byte order. A file whose writer was killed ends inside a packet: all before it is read.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, Protocol

from media.errors import ParseError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC: Final = b"#!rtpplay1.0 "
FIRST_LINE: Final = MAGIC + b"0.0.0.0/0\n"
MAX_FIRST_LINE: Final = 80
# Seconds and microseconds of the start, then source address and port, which are unused, and two bytes of padding.
_HEADER: Final = struct.Struct(">IIIHH")
# Length with this header, length of the RTP packet (0 for RTCP), ms since the start.
_PACKET: Final = struct.Struct(">HHI")
MAX_DATA: Final = 0xFFFF - _PACKET.size
READ_SIZE: Final = 1 << 18


class Sink(Protocol):
    """Where a dump goes: a binary file, or anything that keeps what it is given."""

    def write(self, data: bytearray, /) -> object:
        """Take these bytes, which nobody changes any more."""


class RtpdumpWriter:
    """Collects packets and gives them to `sink` at each `flush`; nothing is written in between.

    `start_us` is the Unix time in µs from which offsets count. Offsets are in ms, from 0 to 2^32 - 1.
    """

    __slots__ = ("_pending", "_sink", "size")

    def __init__(self, sink: Sink, start_us: int) -> None:
        self._sink = sink
        self._pending = bytearray(FIRST_LINE)
        self._pending += _HEADER.pack(start_us // 1_000_000, start_us % 1_000_000, 0, 0, 0)
        # Bytes of the whole dump so far, whether flushed or not.
        self.size = len(self._pending)

    def rtp(self, data: bytes | bytearray | memoryview, offset_ms: int) -> None:
        """Add an RTP packet of at most `MAX_DATA` bytes."""
        length = len(data)
        pending = self._pending
        pending += _PACKET.pack(length + 8, length, offset_ms)
        pending += data
        self.size += length + 8

    def rtcp(self, data: bytes | bytearray | memoryview, offset_ms: int) -> None:
        """Add a compound RTCP packet of at most `MAX_DATA` bytes."""
        length = len(data)
        pending = self._pending
        pending += _PACKET.pack(length + 8, 0, offset_ms)
        pending += data
        self.size += length + 8

    def flush(self) -> None:
        """Give the sink what was added since the last time."""
        if self._pending:
            pending, self._pending = self._pending, bytearray()
            self._sink.write(pending)


class Record(NamedTuple):
    """One packet: where it begins in the file, its arrival in ms since the dump's start, and its bytes."""

    position: int
    offset_ms: int
    is_rtcp: bool
    data: bytes


class RtpdumpReader:
    """A dump in a seekable binary file. Raises `ParseError` if it is something else than a dump or the start of one."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        # Unix time in µs from which the records' offsets count.
        self.start_us = 0
        # Where the first record begins; None if the file ends before.
        self.first: int | None = None
        head = file.read(MAX_FIRST_LINE + _HEADER.size)
        if head[: len(MAGIC)] != MAGIC[: len(head)]:
            raise ParseError("The file does not start as an rtpdump file does.")
        end = head.find(b"\n", 0, MAX_FIRST_LINE) + 1
        if end == 0 and len(head) > MAX_FIRST_LINE:
            raise ParseError(f"The first line of the rtpdump file is longer than {MAX_FIRST_LINE} bytes.")
        if end and len(head) >= end + _HEADER.size:
            seconds, microseconds, *_ = _HEADER.unpack_from(head, end)
            self.start_us = seconds * 1_000_000 + microseconds
            self.first = end + _HEADER.size

    def records(self, position: int | None = None) -> Iterator[Record]:
        """The records from a record's position on, by default from the first, as far as they are whole."""
        start = self.first if position is None else position
        if start is None:
            return
        file = self._file
        file.seek(start)
        buffer = b""
        at = 0
        size = 0
        while True:
            if size - at < _PACKET.size or size - at < buffer[at] << 8 | buffer[at + 1]:
                start += at
                more = file.read(READ_SIZE)
                if not more:
                    return
                buffer = buffer[at:] + more
                at = 0
                size = len(buffer)
                continue
            length, rtp_length, offset_ms = _PACKET.unpack_from(buffer, at)
            if length < _PACKET.size:
                return  # no record: what the file system left after a crash
            end = at + length
            yield Record(start + at, offset_ms, rtp_length == 0, buffer[at + 8 : end])
            at = end
