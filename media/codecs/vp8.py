"""The VP8 payload descriptor (RFC 7741 section 4.2)."""

from __future__ import annotations

from media.errors import ParseError


class Vp8Descriptor:
    """Fields of one descriptor; the `…_offset`s count from the payload's start. Missing fields are None."""

    __slots__ = (
        "keyframe",
        "layer_sync",
        "picture_id",
        "picture_id_offset",
        "picture_id_wide",
        "size",
        "starts_frame",
        "temporal_id",
        "tl0_picture_index",
        "tl0_picture_index_offset",
    )

    def __init__(self) -> None:
        self.keyframe = False
        self.starts_frame = False
        self.picture_id: int | None = None
        self.picture_id_offset = 0
        self.picture_id_wide = False
        self.tl0_picture_index: int | None = None
        self.tl0_picture_index_offset = 0
        self.temporal_id: int | None = None
        self.layer_sync = False
        self.size = 0


def parse_vp8_descriptor(payload: memoryview) -> Vp8Descriptor:
    """Parse a payload's descriptor. Raises `ParseError`."""
    descriptor = Vp8Descriptor()
    length = len(payload)
    if length < 1:
        message = "An empty payload has no VP8 descriptor."
        raise ParseError(message)
    first = payload[0]
    position = 1
    if first & 0x80:
        position = _parse_extension(payload, descriptor)
    if position >= length:
        message = "The VP8 payload ends inside its descriptor."
        raise ParseError(message)
    descriptor.size = position
    descriptor.starts_frame = first & 0x1F == 0x10  # S set, partition 0
    descriptor.keyframe = descriptor.starts_frame and payload[position] & 0x01 == 0
    return descriptor


def _parse_extension(payload: memoryview, descriptor: Vp8Descriptor) -> int:
    length = len(payload)
    if length < 2:
        message = "The VP8 payload ends before its extension byte."
        raise ParseError(message)
    flags = payload[1]
    position = 2
    needed = position + (flags >> 7 & 1) + (flags >> 6 & 1) + (1 if flags & 0x30 else 0)
    if flags & 0x80 and length > position and payload[position] & 0x80:
        needed += 1
        descriptor.picture_id_wide = True
    if needed > length:
        message = "The VP8 payload ends inside its descriptor's extension."
        raise ParseError(message)
    if flags & 0x80:
        descriptor.picture_id_offset = position
        if descriptor.picture_id_wide:
            descriptor.picture_id = (payload[position] & 0x7F) << 8 | payload[position + 1]
            position += 2
        else:
            descriptor.picture_id = payload[position]
            position += 1
    if flags & 0x40:
        descriptor.tl0_picture_index_offset = position
        descriptor.tl0_picture_index = payload[position]
        position += 1
    if flags & 0x30:
        if flags & 0x20:
            descriptor.temporal_id = payload[position] >> 6
            descriptor.layer_sync = bool(payload[position] & 0x20)
        position += 1
    return position


def is_vp8_keyframe(payload: memoryview) -> bool:
    """Whether the payload begins a keyframe."""
    try:
        return parse_vp8_descriptor(payload).keyframe
    except ParseError:
        return False
