"""Makes payload and dependency descriptors as Chromium does for three spatial and three temporal layers."""

from __future__ import annotations

from typing import Final

# (temporal layer, whether it is a switching point) of each picture, over and over.
PATTERN: Final = ((0, True), (2, True), (1, True), (2, True))
SPATIAL: Final = 3
TARGETS: Final = [(spatial, temporal) for spatial in range(3) for temporal in range(3)]


def vp9_descriptor(
    picture: int,
    spatial: int,
    temporal: int,
    *,
    predicted: bool,
    begins: bool = True,
    ends: bool = True,
    switches_up: bool = True,
) -> bytes:
    """RFC 9628 section 4.2, flexible mode, with a 15-bit picture id."""
    first = 0x80 | predicted << 6 | 0x20 | 0x10 | begins << 3 | ends << 2
    layers = temporal << 5 | switches_up << 4 | spatial << 1 | (spatial > 0 and not predicted)
    references = b"\x02" if predicted else b""
    return bytes([first, 0x80 | picture >> 8 & 0x7F, picture & 0xFF, layers]) + references


class Bits:
    """Writes bits, the highest first."""

    def __init__(self) -> None:
        self._bits = ""

    def put(self, value: int, count: int) -> None:
        self._bits += f"{value:0{count}b}" if count else ""

    def done(self) -> bytes:
        padded = self._bits + "0" * (-len(self._bits) % 8)
        return int(padded, 2).to_bytes(len(padded) // 8, "big")


def indications(spatial: int, temporal: int, *, key: bool) -> list[int]:
    """For each decode target, as libwebrtc's `ScalabilityStructureKeySvc::Dti`."""
    found = []
    for target_spatial, target_temporal in TARGETS:
        if key:
            found.append(2 if target_spatial >= spatial else 0)
        elif target_spatial != spatial or target_temporal < temporal:
            found.append(0)
        else:
            found.append(1 if target_temporal == temporal > 0 else 2)
    return found


# Template 0 to 2 are a key picture's spatial layers, then T0, T1 and T2 of each spatial layer; sorted by layers.
TEMPLATES: Final = [
    (spatial, temporal, key)
    for spatial in range(3)
    for temporal, key in ((0, True), (0, False), (1, False), (2, False))
]


def structure(offset: int = 0) -> Bits:
    """The template dependency structure, as the last thing that is written so far."""
    bits = Bits()
    bits.put(offset, 6)
    bits.put(len(TARGETS) - 1, 5)
    for (spatial, temporal, _), following in zip(TEMPLATES, [*TEMPLATES[1:], None], strict=True):
        if following is None:
            bits.put(3, 2)
        else:
            bits.put(2 if following[0] > spatial else int(following[1] > temporal), 2)
    for template in TEMPLATES:
        for indication in indications(template[0], template[1], key=template[2]):
            bits.put(indication, 2)
    for _, _, key in TEMPLATES:
        bits.put(0 if key else 0b1_0011_0, 1 if key else 6)  # the frame four pictures before
    bits.put(3, 3)  # three chains, in ns(10)
    for spatial, _ in TARGETS:  # ns(3)
        bits.put((0, 2, 3)[spatial], 1 if spatial == 0 else 2)
    bits.put(0x123 << 12 * (len(TEMPLATES) - 1), 12 * len(TEMPLATES))
    bits.put(1, 1)
    for spatial in range(SPATIAL):
        bits.put((320 << spatial) - 1, 16)
        bits.put((180 << spatial) - 1, 16)
    return bits


def dependency_descriptor(
    frame: int,
    spatial: int,
    temporal: int,
    *,
    key: bool = False,
    starts: bool = True,
    ends: bool = True,
    brings_structure: bool = False,
    offset: int = 0,
) -> bytes:
    """One packet's extension."""
    bits = Bits()
    bits.put(starts, 1)
    bits.put(ends, 1)
    bits.put((TEMPLATES.index((spatial, temporal, key)) + offset) % 64, 6)
    bits.put(frame & 0xFFFF, 16)
    if brings_structure:
        bits.put(0b10000, 5)
        bits._bits += structure(offset)._bits
    return bits.done()
