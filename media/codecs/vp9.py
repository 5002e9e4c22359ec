"""The VP9 payload descriptor (RFC 9628 section 4.2), as far as layers and keyframes go."""

from __future__ import annotations

from typing import Final, NamedTuple

from media.errors import ParseError

_TOO_SHORT: Final = "The VP9 payload ends inside its descriptor."


class Vp9Descriptor(NamedTuple):
    """`inter_predicted` (P): it needs an earlier picture. `switches_up` (U): higher temporal layers may begin after it.

    Without layer indices (L) both layers are 0.
    """

    inter_predicted: bool
    begins_frame: bool
    ends_frame: bool
    temporal_id: int
    spatial_id: int
    switches_up: bool

    @property
    def keyframe(self) -> bool:
        """Whether it begins a frame of the lowest spatial layer that needs no other picture."""
        return self.begins_frame and not self.inter_predicted and self.spatial_id == 0


def parse_vp9_descriptor(payload: memoryview) -> Vp9Descriptor:
    """Parse a payload's descriptor up to its layer indices. Raises `ParseError`."""
    if len(payload) < 2:
        raise ParseError(_TOO_SHORT)
    first = payload[0]
    position = 1
    if first & 0x80:
        position += 2 if payload[1] & 0x80 else 1
    layers = 0
    if first & 0x20:
        if position >= len(payload):
            raise ParseError(_TOO_SHORT)
        layers = payload[position]
    return Vp9Descriptor(
        inter_predicted=bool(first & 0x40),
        begins_frame=bool(first & 0x08),
        ends_frame=bool(first & 0x04),
        temporal_id=layers >> 5,
        spatial_id=layers >> 1 & 0x07,
        switches_up=bool(layers & 0x10),
    )


def is_vp9_keyframe(payload: memoryview) -> bool:
    """Whether the payload begins a frame of the lowest spatial layer that needs no other picture."""
    try:
        return parse_vp9_descriptor(payload).keyframe
    except ParseError:
        return False
