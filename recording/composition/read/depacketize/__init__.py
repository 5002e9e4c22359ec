"""From RTP packets to the frames of each video codec that browsers send. Opus needs none of it: a packet is a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from recording.composition.read.depacketize.av1 import Av1Depacketizer
from recording.composition.read.depacketize.frames import CodedFrame, Depacketizer, ReceivedFrame, frames
from recording.composition.read.depacketize.h264 import H264Depacketizer
from recording.composition.read.depacketize.vp8 import Vp8Depacketizer
from recording.composition.read.depacketize.vp9 import Vp9Depacketizer

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DEPACKETIZERS", "CodedFrame", "Depacketizer", "ReceivedFrame", "frames"]

# By MIME type in lower case.
DEPACKETIZERS: Final[dict[str, Callable[[], Depacketizer]]] = {
    "video/vp8": Vp8Depacketizer,
    "video/vp9": Vp9Depacketizer,
    "video/h264": H264Depacketizer,
    "video/av1": Av1Depacketizer,
}
