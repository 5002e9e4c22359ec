"""The VP9 payload descriptor (RFC 9628 section 4.2), as far as keyframes go."""

from __future__ import annotations


def is_vp9_keyframe(payload: memoryview) -> bool:
    """Whether the payload begins a frame of the lowest spatial layer that needs no other picture."""
    if len(payload) < 2:
        return False
    first = payload[0]
    has_picture_id, inter_predicted, has_layers, begins_frame = (
        bool(first & 0x80),
        bool(first & 0x40),
        bool(first & 0x20),
        bool(first & 0x08),
    )
    if inter_predicted or not begins_frame:
        return False
    position = 1
    if has_picture_id:
        position += 2 if payload[1] & 0x80 else 1
    if not has_layers:
        return True
    return position < len(payload) and payload[position] >> 1 & 0x07 == 0
