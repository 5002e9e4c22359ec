"""VP9 (RFC 9628). A picture of several spatial layers becomes a superframe (VP9 bitstream specification, annex B)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from recording.composition.read.depacketize.frames import CodedFrame

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_LAYERS: Final = 8
MAX_REFERENCES: Final = 3


@dataclass(frozen=True, slots=True)
class _Descriptor:
    size: int
    begins: bool
    ends: bool
    inter_predicted: bool
    spatial_id: int


class Vp9Depacketizer:
    """See `Depacketizer`. All spatial layers are decoded, as higher ones may build on lower ones."""

    def join(self, payloads: Sequence[memoryview]) -> CodedFrame | None:
        """The picture; None if a layer's frame is not whole or the lowest is missing."""
        layers: list[bytes] = []
        parts: list[memoryview] = []
        is_keyframe = False
        for payload in payloads:
            descriptor = _parse(payload)
            if descriptor is None or descriptor.begins is bool(parts):
                return None
            if not layers and not parts:
                if descriptor.spatial_id != 0:
                    return None
                is_keyframe = not descriptor.inter_predicted
            parts.append(payload[descriptor.size :])
            if descriptor.ends:
                layers.append(b"".join(parts))
                parts = []
        if parts or not 0 < len(layers) <= MAX_LAYERS:
            return None
        return CodedFrame(layers[0] if len(layers) == 1 else _superframe(layers), is_keyframe)


def _superframe(frames: Sequence[bytes]) -> bytes:
    """Frames with an index behind them: a marker, each frame's size in little-endian order, the marker again."""
    width = (max(map(len, frames)).bit_length() + 7) // 8
    marker = bytes([0xC0 | (width - 1) << 3 | len(frames) - 1])
    return b"".join((*frames, marker, *(len(frame).to_bytes(width, "little") for frame in frames), marker))


def frames_of(data: bytes) -> list[bytes]:
    """The frames of a superframe, or the one frame that it is."""
    marker = data[-1] if data else 0
    count, width = (marker & 0x07) + 1, (marker >> 3 & 0x03) + 1
    begins = len(data) - 2 - count * width
    if marker & 0xE0 != 0xC0 or begins < 0 or data[begins] != marker:
        return [data]
    found: list[bytes] = []
    at = 0
    for place in range(begins + 1, len(data) - 1, width):
        size = int.from_bytes(data[place : place + width], "little")
        found.append(data[at : at + size])
        at += size
    return [frame for frame in found if frame]


def _parse(payload: memoryview) -> _Descriptor | None:
    """The payload descriptor (section 4.2); None if there is nothing behind it."""
    reader = _Bytes(payload)
    first = reader.take()
    picture_id, inter_predicted, has_layers, flexible = first & 0x80, first & 0x40, first & 0x20, first & 0x10
    if picture_id and reader.take() & 0x80:
        reader.take()
    spatial_id = 0
    if has_layers:
        spatial_id = reader.take() >> 1 & 0x07
        if not flexible:
            reader.take()  # TL0PICIDX
    if flexible and inter_predicted:
        for _ in range(MAX_REFERENCES):
            if not reader.take() & 0x01:
                break
    if first & 0x02:
        _skip_structure(reader)
    if reader.at >= len(payload):
        return None
    return _Descriptor(reader.at, bool(first & 0x08), bool(first & 0x04), bool(inter_predicted), spatial_id)


class _Bytes:
    """Bytes one after the other; zeros beyond the end, where `at` goes on."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self.at = 0

    def take(self) -> int:
        """The next byte."""
        byte = self._data[self.at] if self.at < len(self._data) else 0
        self.at += 1
        return byte


def _skip_structure(reader: _Bytes) -> None:
    """The scalability structure (section 4.2.1)."""
    first = reader.take()
    if first & 0x10:
        reader.at += 4 * ((first >> 5) + 1)  # width and height of each layer
    if first & 0x08:
        for _ in range(reader.take()):
            reader.at += reader.take() >> 2 & 0x03
