"""RTP headers (RFC 3550 section 5.1) and their extensions (RFC 8285), parsed and built without objects in between."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from media.errors import ParseError

if TYPE_CHECKING:
    from collections.abc import Sequence

FIXED_HEADER: Final = 12
ONE_BYTE_PROFILE: Final = 0xBEDE
TWO_BYTE_PROFILE: Final = 0x1000
# Bytes and elements of a packet's header extensions. The longest in use, AV1's dependency descriptor with its
# structure, stays below 255 bytes; browsers send up to ten elements.
MAX_EXTENSIONS_SIZE: Final = 512
MAX_EXTENSIONS: Final = 32
_unpack_fixed = struct.Struct(">HII").unpack_from


class RtpHeader:
    """Where everything is in one packet; `payload_length` is without padding."""

    __slots__ = (
        "ext_length",
        "ext_offset",
        "ext_profile",
        "marker",
        "padding",
        "payload_length",
        "payload_offset",
        "payload_type",
        "sequence_number",
        "ssrc",
        "timestamp",
    )

    def __init__(self) -> None:
        self.ext_profile = 0
        self.ext_offset = 0
        self.ext_length = 0
        self.padding = 0
        self.marker = False
        self.payload_type = 0
        self.sequence_number = 0
        self.timestamp = 0
        self.ssrc = 0
        self.payload_offset = 0
        self.payload_length = 0


def parse_rtp_header(buf: memoryview | bytes | bytearray, length: int) -> RtpHeader:
    """Parse the packet in `buf[:length]`. Raises `ParseError`."""
    if length < FIXED_HEADER:
        message = f"An RTP packet has at least {FIXED_HEADER} bytes, this one {length}."
        raise ParseError(message)
    first = buf[0]
    if first >> 6 != 2:
        message = f"RTP version {first >> 6} is not 2."
        raise ParseError(message)
    header = RtpHeader()
    second = buf[1]
    header.marker = second >= 0x80
    header.payload_type = second & 0x7F
    header.sequence_number, header.timestamp, header.ssrc = _unpack_fixed(buf, 2)
    offset = FIXED_HEADER + 4 * (first & 0x0F)
    if first & 0x10:
        if offset + 4 > length:
            message = "The RTP packet ends inside its extension header."
            raise ParseError(message)
        header.ext_profile = buf[offset] << 8 | buf[offset + 1]
        header.ext_length = 4 * (buf[offset + 2] << 8 | buf[offset + 3])
        header.ext_offset = offset + 4
        offset += 4 + header.ext_length
    if offset > length:
        message = "The RTP packet ends inside its header."
        raise ParseError(message)
    if first & 0x20 and length > offset:
        header.padding = buf[length - 1]
        if header.padding == 0 or header.padding > length - offset:
            message = f"The RTP packet has an impossible padding of {header.padding} bytes."
            raise ParseError(message)
    header.payload_offset = offset
    header.payload_length = length - offset - header.padding
    return header


def read_extensions(buf: memoryview | bytes | bytearray, header: RtpHeader) -> dict[int, tuple[int, int]]:
    """Offset and length of each extension element, by id. Raises `ParseError` when one leaves the block."""
    found: dict[int, tuple[int, int]] = {}
    read = 0
    position = header.ext_offset
    end = position + header.ext_length
    one_byte = header.ext_profile == ONE_BYTE_PROFILE
    if not one_byte and header.ext_profile & 0xFFF0 != TWO_BYTE_PROFILE:
        return found
    if header.ext_length > MAX_EXTENSIONS_SIZE:
        message = f"The RTP header extensions have {header.ext_length} bytes, more than {MAX_EXTENSIONS_SIZE}."
        raise ParseError(message)
    while position < end:
        first = buf[position]
        if first == 0:  # padding
            position += 1
            continue
        if one_byte:
            identifier = first >> 4
            if identifier == 15:
                break
            length = (first & 0x0F) + 1
            position += 1
        else:
            if position + 2 > end:
                message = "An RTP header extension ends inside its own header."
                raise ParseError(message)
            identifier = first
            length = buf[position + 1]
            position += 2
        if position + length > end:
            message = f"RTP header extension {identifier} reaches beyond its block."
            raise ParseError(message)
        read += 1
        if read > MAX_EXTENSIONS:
            message = f"The RTP packet has more than {MAX_EXTENSIONS} header extensions."
            raise ParseError(message)
        found[identifier] = (position, length)
        position += length
    return found


def build_extensions(items: Sequence[tuple[int, bytes]]) -> bytes:
    """The whole extension block with its own 4-byte header: one-byte form where possible, `b""` for no items."""
    if not items:
        return b""
    one_byte = all(0 < identifier < 15 and 0 < len(value) <= 16 for identifier, value in items)
    parts = []
    for identifier, value in items:
        head = bytes([identifier << 4 | len(value) - 1]) if one_byte else bytes([identifier, len(value)])
        parts.append(head + value)
    body = b"".join(parts)
    body += bytes(-len(body) % 4)
    profile = ONE_BYTE_PROFILE if one_byte else TWO_BYTE_PROFILE
    return struct.pack(">HH", profile, len(body) // 4) + body
