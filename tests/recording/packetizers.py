"""Encoded frames into RTP payloads, as browsers do it: the other side of `recording.composition.read.depacketize`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

MTU: Final = 1100


def pieces(data: bytes, size: int) -> list[bytes]:
    """The data in pieces of at most `size` bytes."""
    return [data[at : at + size] for at in range(0, len(data), size)]


def vp8(
    frame: bytes, *, picture_id: int = 0, tl0: int | None = None, temporal_id: int = 0, mtu: int = MTU
) -> list[bytes]:
    """RFC 7741, with a wide picture id; with temporal layers if `tl0` (TL0PICIDX) is given."""
    flags = 0x80 if tl0 is None else 0xE0
    extension = bytes([flags]) + (0x8000 | picture_id & 0x7FFF).to_bytes(2, "big")
    if tl0 is not None:
        extension += bytes([tl0 & 0xFF, temporal_id << 6])
    return [
        bytes([0x90 if number == 0 else 0x80]) + extension + piece for number, piece in enumerate(pieces(frame, mtu))
    ]


def nal_units(annex_b: bytes) -> list[bytes]:
    """NAL units between start codes."""
    found = [unit for unit in annex_b.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if unit]
    return [unit.rstrip(b"\0") for unit in found]


def h264(annex_b: bytes, *, mtu: int = MTU) -> list[bytes]:
    """RFC 6184 in packetization mode 1: small units share a STAP-A, large ones are cut into FU-As."""
    payloads: list[bytes] = []
    small: list[bytes] = []

    def put_small() -> None:
        if len(small) == 1:
            payloads.append(small[0])
        elif small:
            reference = max(unit[0] & 0x60 for unit in small)
            payloads.append(bytes([reference | 24]) + b"".join(len(unit).to_bytes(2, "big") + unit for unit in small))
        small.clear()

    for unit in nal_units(annex_b):
        if len(unit) <= mtu and sum(map(len, small)) + len(unit) < mtu - 50:
            small.append(unit)
            continue
        put_small()
        if len(unit) <= mtu:
            payloads.append(unit)
            continue
        parts = pieces(unit[1:], mtu)
        for number, part in enumerate(parts):
            flags = (0x80 if number == 0 else 0) | (0x40 if number == len(parts) - 1 else 0)
            payloads.append(bytes([unit[0] & 0x60 | 28, flags | unit[0] & 0x1F]) + part)
    put_small()
    return payloads


def vp9(layers: Sequence[bytes], *, keyframe: bool, picture_id: int = 0, mtu: int = MTU) -> list[bytes]:
    """RFC 9628 in flexible mode, the picture's spatial layers from the lowest on; one has no layer indices."""
    payloads: list[bytes] = []
    several = len(layers) > 1
    for layer, frame in enumerate(layers):
        parts = pieces(frame, mtu)
        for number, part in enumerate(parts):
            first = 0x80 | 0x10 | (0 if keyframe else 0x40) | (0x20 if several else 0)
            first |= (0x08 if number == 0 else 0) | (0x04 if number == len(parts) - 1 else 0)
            structure = several and keyframe and layer == 0 and number == 0
            head = bytes([first | (0x02 if structure else 0)]) + (0x8000 | picture_id & 0x7FFF).to_bytes(2, "big")
            if several:
                head += bytes([layer << 1 | (1 if keyframe and layer else 0)])
            if not keyframe:
                head += bytes([1 << 1])  # P_DIFF of 1, and no more
            if structure:
                head += bytes([(len(layers) - 1) << 5])
            payloads.append(head + part)
    return payloads


def leb128(value: int) -> bytes:
    """AV1 specification section 4.10.5."""
    made = bytearray()
    while value >= 0x80:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def obus(temporal_unit: bytes) -> list[bytes]:
    """The OBUs without their size fields; temporal delimiters are left out, as the payload format wants."""
    found = []
    at = 0
    while at < len(temporal_unit):
        header_size = 2 if temporal_unit[at] & 0x04 else 1
        header = bytes([temporal_unit[at] & ~0x02]) + temporal_unit[at + 1 : at + header_size]
        position = at + header_size
        size = shift = 0
        while True:
            byte = temporal_unit[position]
            size |= (byte & 0x7F) << shift
            shift += 7
            position += 1
            if not byte & 0x80:
                break
        if temporal_unit[at] >> 3 & 0x0F != 2:
            found.append(header + temporal_unit[position : position + size])
        at = position + size
    return found


def av1(temporal_unit: bytes, *, keyframe: bool, mtu: int = MTU) -> list[bytes]:
    """The AV1 payload format: OBUs after each other, each with its length, the last without (W is their number)."""
    payloads: list[bytes] = []
    elements: list[bytes] = []
    continues = False

    def put(*, goes_on: bool) -> None:
        nonlocal continues
        first = (0x80 if continues else 0) | (0x40 if goes_on else 0)
        first |= 0x08 if keyframe and not payloads else 0
        count = len(elements) if len(elements) <= 3 else 0
        body = b"".join(leb128(len(element)) + element for element in elements[: -1 if count else None])
        payloads.append(bytes([first | count << 4]) + body + (elements[-1] if count else b""))
        elements.clear()
        continues = goes_on

    room = mtu
    units = obus(temporal_unit)
    for unit in units:
        rest = unit
        while len(rest) > room:
            elements.append(rest[:room])
            rest = rest[room:]
            put(goes_on=True)
            room = mtu
        elements.append(rest)
        room -= len(rest) + 2
        if room < 20 and unit is not units[-1]:
            put(goes_on=False)
            room = mtu
    if elements:
        put(goes_on=False)
    return payloads
