"""H.264 (RFC 6184, packetization modes 0 and 1) into access units with start codes (Annex B)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from recording.composition.read.depacketize.frames import CodedFrame

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

IDR: Final = 5
SPS: Final = 7
PPS: Final = 8
LAST_SINGLE: Final = 23
STAP_A: Final = 24
FU_A: Final = 28
START_CODE: Final = b"\0\0\0\1"
# What every start code ends with (ITU-T H.264 annex B).
SHORT_START_CODE: Final = b"\0\0\1"


class H264Depacketizer:
    """See `Depacketizer`. Remembers the parameter sets, for senders that send them once and not with each keyframe."""

    def __init__(self) -> None:
        self._parameter_sets: dict[int, bytes] = {}

    def join(self, payloads: Sequence[memoryview]) -> CodedFrame | None:
        """The access unit; None if a fragment is missing, or for modes and units that browsers don't send."""
        units = _units(payloads)
        if not units:
            return None
        kinds = [unit[0] & 0x1F for unit in units]
        for kind, unit in zip(kinds, units, strict=True):
            if kind in {SPS, PPS}:
                self._parameter_sets[kind] = unit
        is_keyframe = IDR in kinds
        if is_keyframe and not (SPS in kinds and PPS in kinds):
            if len(self._parameter_sets) < 2:
                return None
            others = [unit for kind, unit in zip(kinds, units, strict=True) if kind not in {SPS, PPS}]
            units = [self._parameter_sets[SPS], self._parameter_sets[PPS], *others]
        return CodedFrame(b"".join(START_CODE + unit for unit in units), is_keyframe)


def _units(payloads: Sequence[memoryview]) -> list[bytes] | None:
    """The NAL units (none of them empty) of whole payloads; None if they are broken."""
    units: list[bytes] = []
    fragments: list[bytes] = []
    for payload in payloads:
        kind = payload[0] & 0x1F
        if fragments and kind != FU_A:
            return None
        if 0 < kind <= LAST_SINGLE:
            units.append(bytes(payload))
        elif kind == STAP_A:
            aggregated = _aggregated(payload)
            if aggregated is None:
                return None
            units += aggregated
        elif kind == FU_A and len(payload) > 2:
            flags = payload[1]
            if bool(flags & 0x80) is bool(fragments):  # a start inside a unit, or a middle without a start
                return None
            if not fragments:
                fragments.append(bytes([payload[0] & 0xE0 | flags & 0x1F]))
            fragments.append(bytes(payload[2:]))
            if flags & 0x40:
                units.append(b"".join(fragments))
                fragments = []
        else:
            return None
    return None if fragments else units


def _aggregated(payload: memoryview) -> list[bytes] | None:
    """The units of a STAP-A (section 5.7.1)."""
    units: list[bytes] = []
    at = 1
    while at < len(payload):
        size = int.from_bytes(payload[at : at + 2], "big")
        at += 2
        if size == 0 or at + size > len(payload):
            return None
        units.append(bytes(payload[at : at + size]))
        at += size
    return units


def units_of(data: bytes) -> Iterator[bytes]:
    """The NAL units (none of them empty) of an access unit with start codes."""
    return (unit for part in data.split(SHORT_START_CODE) if (unit := part.rstrip(b"\0")))
