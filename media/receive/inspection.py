"""Looks into a canonical packet's payload for what forwarding needs: keyframes, temporal layers, VP8's ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.codecs import is_keyframe
from media.codecs.dependency_descriptor import brings_structure, parse_descriptor
from media.codecs.vp8 import parse_vp8_descriptor
from media.codecs.vp9 import parse_vp9_descriptor
from media.errors import ParseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.codecs.dependency_descriptor import Structure
    from media.rtp.packet import Packet

# Layers that packets are told apart by; what is beyond counts as the last one.
MAX_LAYER: Final = 3
# Structures come with keyframes. The longest takes a third of a millisecond, ten times as much as all else that is done
# with a packet: so many may come in a row, and one in so many packets for long.
STRUCTURES_AT_ONCE: Final = 20
PACKETS_A_STRUCTURE: Final = 10


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
    packet.begins_temporal_layer = descriptor.layer_sync
    if descriptor.picture_id is not None:
        packet.picture_id = descriptor.picture_id
        packet.picture_id_at = packet.payload_at + descriptor.picture_id_offset
        packet.picture_id_wide = descriptor.picture_id_wide
    if descriptor.tl0_picture_index is not None:
        packet.tl0_picture_index = descriptor.tl0_picture_index
        packet.tl0_picture_index_at = packet.payload_at + descriptor.tl0_picture_index_offset


def inspect_vp9(packet: Packet) -> None:
    """RFC 9628: layers, and where they may be gone over to. Picture ids stay: frames name each other by them."""
    try:
        descriptor = parse_vp9_descriptor(memoryview(packet.data)[packet.payload_at :])
    except ParseError:
        return
    packet.keyframe = descriptor.keyframe
    packet.starts_frame = descriptor.begins_frame
    packet.ends_frame = descriptor.ends_frame
    packet.spatial_layer = min(descriptor.spatial_id, MAX_LAYER)
    packet.temporal_layer = min(descriptor.temporal_id, MAX_LAYER)
    packet.switches_to = MAX_LAYER if descriptor.switches_up else packet.temporal_layer


class DependencyInspector:
    """Of one stream whose packets tell their layers in a header extension: it needs what the last keyframe told."""

    __slots__ = ("_packets", "_structure", "_structure_from")

    def __init__(self) -> None:
        # What may still be spent on structures, in packets.
        self._packets = STRUCTURES_AT_ONCE * PACKETS_A_STRUCTURE
        self._structure: Structure | None = None
        self._structure_from = -1

    def inspect(self, packet: Packet, descriptor: bytes) -> None:
        """Fill in a packet's layers; one whose descriptor makes no sense is of the lowest, and goes to everybody."""
        if not self._affords(descriptor):
            return
        try:
            parsed = parse_descriptor(descriptor, self._structure)
        except ParseError:
            return
        if parsed.structure is not None and packet.extended > self._structure_from:
            self._structure, self._structure_from = parsed.structure, packet.extended
        packet.starts_frame = parsed.starts_frame
        packet.ends_frame = parsed.ends_frame
        packet.spatial_layer = min(parsed.spatial_id, MAX_LAYER)
        packet.temporal_layer = min(parsed.temporal_id, MAX_LAYER)
        structure = parsed.structure or self._structure
        if structure is not None and parsed.starts_frame:
            packet.switches_to = min(parsed.switches_to(structure), MAX_LAYER)

    def _affords(self, descriptor: bytes) -> bool:
        """Whether it may be parsed; each packet earns a part of a structure."""
        if not brings_structure(descriptor):
            self._packets = min(self._packets + 1, STRUCTURES_AT_ONCE * PACKETS_A_STRUCTURE)
            return True
        if self._packets < PACKETS_A_STRUCTURE:
            self._packets += 1
            return False
        self._packets -= PACKETS_A_STRUCTURE
        return True


def inspector_for(mime_type: str) -> Callable[[Packet], None]:
    """The function that fills in a packet of this codec."""
    lowered = mime_type.lower()
    if lowered == "video/vp8":
        return inspect_vp8
    if lowered == "video/vp9":
        return inspect_vp9
    if not lowered.startswith("video/"):
        return inspect_nothing

    def inspect_keyframe(packet: Packet) -> None:
        packet.ends_frame = bool(packet.data[1] & 0x80)
        packet.keyframe = packet.starts_frame = is_keyframe(mime_type, memoryview(packet.data)[packet.payload_at :])

    return inspect_keyframe
