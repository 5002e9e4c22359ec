"""What an SFU must read of each video codec's RTP payload: where decoding can start, and VP8's counters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.codecs.av1 import is_av1_keyframe
from media.codecs.h264 import is_h264_keyframe
from media.codecs.vp8 import is_vp8_keyframe
from media.codecs.vp9 import is_vp9_keyframe

if TYPE_CHECKING:
    from collections.abc import Callable

_KEYFRAME: Final[dict[str, Callable[[memoryview], bool]]] = {
    "video/vp8": is_vp8_keyframe,
    "video/vp9": is_vp9_keyframe,
    "video/h264": is_h264_keyframe,
    "video/av1": is_av1_keyframe,
}


def is_keyframe(mime_type: str, payload: memoryview) -> bool:
    """Whether this payload begins a keyframe; False for broken payloads and unknown codecs."""
    detect = _KEYFRAME.get(mime_type.lower())
    return detect is not None and detect(payload)
