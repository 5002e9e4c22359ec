"""AV1 (RTP payload format for AV1, version 1.0) into temporal units whose OBUs tell their sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from recording.composition.read.depacketize.frames import CodedFrame

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SEQUENCE_HEADER: Final = 1
TEMPORAL_DELIMITER: Final = 2
TILE_LIST: Final = 8
HAS_EXTENSION: Final = 0x04
HAS_SIZE: Final = 0x02
# The aggregation header (section 4.4).
CONTINUES_PREVIOUS: Final = 0x80
CONTINUES_IN_NEXT: Final = 0x40
MAX_LEB128_BYTES: Final = 5


class Av1Depacketizer:
    """See `Depacketizer`."""

    def join(self, payloads: Sequence[memoryview]) -> CodedFrame | None:
        """The temporal unit; None if an OBU is not whole."""
        found = _obus(payloads)
        if not found:
            return None
        kinds = [obu[0] >> 3 & 0x0F for obu in found]
        wanted = [obu for kind, obu in zip(kinds, found, strict=True) if kind not in {TEMPORAL_DELIMITER, TILE_LIST}]
        if not wanted:
            return None
        # The sequence header stands before keyframes, and decoding can begin nowhere else.
        return CodedFrame(b"".join(map(_with_size, wanted)), SEQUENCE_HEADER in kinds)


def _obus(payloads: Sequence[memoryview]) -> list[bytes] | None:
    """The OBUs, none of them empty, put together from their fragments."""
    found: list[bytes] = []
    fragments: list[memoryview] = []
    for payload in payloads:
        header = payload[0]
        elements = _elements(payload)
        if not elements or bool(header & CONTINUES_PREVIOUS) is not bool(fragments):
            return None
        last = len(elements) - 1
        for number, element in enumerate(elements):
            fragments.append(element)
            if number < last or not header & CONTINUES_IN_NEXT:
                obu = b"".join(fragments)
                fragments = []
                if not obu:
                    return None
                found.append(obu)
    return None if fragments else found


def _elements(payload: memoryview) -> list[memoryview] | None:
    """The OBU elements of one packet: each has its length before it, but the last if their number is told (W)."""
    count = payload[0] >> 4 & 0x03
    elements: list[memoryview] = []
    at = 1
    while at < len(payload):
        if count and len(elements) == count - 1:
            elements.append(payload[at:])
            return elements
        size, at = _leb128(payload, at)
        if at + size > len(payload):
            return None
        elements.append(payload[at : at + size])
        at += size
    return None if count else elements


def _leb128(data: memoryview, at: int) -> tuple[int, int]:
    """A number (AV1 specification section 4.10.5), and where it ends; one that is broken is too large for the data."""
    value = 0
    for number in range(MAX_LEB128_BYTES):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << 7 * number
        if not byte & 0x80:
            return value, at
    return len(data), at


def _with_size(obu: bytes) -> bytes:
    """The OBU with its size field (AV1 specification section 5.3), which the payload format leaves out."""
    if obu[0] & HAS_SIZE:
        return obu
    head = 2 if obu[0] & HAS_EXTENSION else 1
    size = len(obu) - head
    length = bytearray()
    while size >= 0x80:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    length.append(max(size, 0))
    return b"".join((bytes([obu[0] | HAS_SIZE]), obu[1:head], length, obu[head:]))


def obus(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and content of each OBU of a temporal unit whose OBUs tell their sizes, as far as it is whole."""
    view = memoryview(data)
    at = 0
    while at < len(view):
        head = view[at]
        at += 2 if head & HAS_EXTENSION else 1
        size, at = _leb128(view, at) if head & HAS_SIZE else (len(view) - at, at)
        if at + size > len(view):
            return
        yield head >> 3 & 0x0F, bytes(view[at : at + size])
        at += size
