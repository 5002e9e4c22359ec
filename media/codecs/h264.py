"""H.264 payloads (RFC 6184 section 5), as far as keyframes go."""

from __future__ import annotations

from typing import Final

SPS: Final = 7
STAP_A: Final = 24
FU_A: Final = 28


def is_h264_keyframe(payload: memoryview) -> bool:
    """Whether decoding can start with this payload: a sequence parameter set, alone or the first of an aggregate.

    Encoders for WebRTC send the parameter sets before each IDR picture; an IDR slice without them is of no use to
    a decoder that just joined.
    """
    if not payload:
        return False
    kind = payload[0] & 0x1F
    if kind == SPS:
        return True
    if kind == STAP_A:
        return _contains_sps(payload)
    if kind == FU_A:
        return len(payload) > 1 and bool(payload[1] & 0x80) and payload[1] & 0x1F == SPS
    return False


def _contains_sps(payload: memoryview) -> bool:
    position = 1
    while position + 3 <= len(payload):
        size = payload[position] << 8 | payload[position + 1]
        if payload[position + 2] & 0x1F == SPS:
            return True
        if size == 0:
            return False
        position += 2 + size
    return False
