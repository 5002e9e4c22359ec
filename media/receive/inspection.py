"""Looks into a canonical packet's payload for what forwarding needs: keyframes, temporal layers, VP8's ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.codecs import is_keyframe
from media.codecs.vp8 import parse_vp8_descriptor
from media.errors import ParseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.rtp.packet import Packet


def inspect_nothing(_packet: Packet) -> None:
    """Audio: every packet stands alone."""


def inspect_vp8(packet: Packet) -> None:
    """RFC 7741: picture id, TL0PICIDX and temporal layer, and where to rewrite them."""
    try:
        descriptor = parse_vp8_descriptor(memoryview(packet.data)[packet.payload_at :])
    except ParseError:
        return
    packet.keyframe = descriptor.keyframe
    packet.starts_frame = descriptor.starts_frame
    packet.ends_frame = bool(packet.data[1] & 0x80)
    packet.temporal_layer = descriptor.temporal_id or 0
    packet.switches_up = descriptor.layer_sync
    if descriptor.picture_id is not None:
        packet.picture_id = descriptor.picture_id
        packet.picture_id_at = packet.payload_at + descriptor.picture_id_offset
        packet.picture_id_wide = descriptor.picture_id_wide
    if descriptor.tl0_picture_index is not None:
        packet.tl0_picture_index = descriptor.tl0_picture_index
        packet.tl0_picture_index_at = packet.payload_at + descriptor.tl0_picture_index_offset


def inspector_for(mime_type: str) -> Callable[[Packet], None]:
    """The function that fills in a packet of this codec."""
    lowered = mime_type.lower()
    if lowered == "video/vp8":
        return inspect_vp8
    if not lowered.startswith("video/"):
        return inspect_nothing

    def inspect_keyframe(packet: Packet) -> None:
        packet.ends_frame = bool(packet.data[1] & 0x80)
        packet.keyframe = packet.starts_frame = is_keyframe(mime_type, memoryview(packet.data)[packet.payload_at :])

    return inspect_keyframe
