"""AV1 payloads (RTP payload format for AV1, section 4.4), as far as keyframes go."""

from __future__ import annotations

from typing import Final

CONTINUES_PREVIOUS: Final = 0x80
NEW_CODED_VIDEO_SEQUENCE: Final = 0x08


def is_av1_keyframe(payload: memoryview) -> bool:
    """Whether the payload begins a new coded video sequence (the N bit of the aggregation header)."""
    return len(payload) > 1 and payload[0] & (CONTINUES_PREVIOUS | NEW_CODED_VIDEO_SEQUENCE) == NEW_CODED_VIDEO_SEQUENCE
