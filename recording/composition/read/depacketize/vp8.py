"""VP8 (RFC 7741): a frame is its packets' payloads without their descriptors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.codecs.vp8 import parse_vp8_descriptor
from media.errors import ParseError
from recording.composition.read.depacketize.frames import CodedFrame

if TYPE_CHECKING:
    from collections.abc import Sequence


class Vp8Depacketizer:
    """See `Depacketizer`."""

    def join(self, payloads: Sequence[memoryview]) -> CodedFrame | None:
        """The frame; None if it doesn't begin with the first packet of its first partition."""
        try:
            descriptors = [parse_vp8_descriptor(payload) for payload in payloads]
        except ParseError:
            return None
        first = descriptors[0]
        if not first.starts_frame:
            return None
        data = b"".join(payload[descriptor.size :] for payload, descriptor in zip(payloads, descriptors, strict=True))
        return CodedFrame(data, first.keyframe, first.temporal_id, first.tl0_picture_index)
