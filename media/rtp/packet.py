"""One media packet on its way through the router, in the router's own terms.

A producer turns what it receives into this canonical form once: the router's payload type, its header
extension ids, padding removed. Consumers then differ only in the fixed fields that `PacketRewriter` knows.
"""

from __future__ import annotations

import struct
from typing import Final

HEADER: Final = struct.Struct(">BBHII")
SEQUENCE_TIMESTAMP_SSRC: Final = struct.Struct(">HII")
ABS_SEND_TIME_SIZE: Final = 3
MARKER: Final = 0x80


class Packet:
    """A canonical RTP packet (`data`, header included) with what consumers must know about it.

    `extended` is the sequence number without wrap-around, counted by the stream; `late` tells that a newer one was
    seen before. `spatial_layer` is one within an SVC stream (layers of simulcast are streams); a frame is one
    spatial layer of a picture. `begins_temporal_layer` tells that whoever gets the temporal layers below may begin
    with this one here; after a frame that was sent one may go up to the temporal layer `switches_to`. `picture_id`
    is without wrap-around too. The `…_at` fields are offsets into `data`, -1 where the field is missing; at
    `number_at` is room for a transport-wide sequence number.
    """

    __slots__ = (
        "abs_send_time_at",
        "begins_temporal_layer",
        "data",
        "ends_frame",
        "extended",
        "keyframe",
        "late",
        "layer_above",
        "number_at",
        "payload_at",
        "picture_id",
        "picture_id_at",
        "picture_id_wide",
        "spatial_layer",
        "starts_frame",
        "switches_to",
        "temporal_layer",
        "timestamp",
        "tl0_picture_index",
        "tl0_picture_index_at",
    )

    def __init__(self, data: bytearray, extended: int, timestamp: int, payload_at: int) -> None:
        self.data = data
        self.extended = extended
        self.timestamp = timestamp
        self.payload_at = payload_at
        self.late = False
        self.keyframe = False
        self.starts_frame = False
        self.ends_frame = False
        self.temporal_layer = 0
        self.spatial_layer = 0
        self.layer_above = 0
        self.begins_temporal_layer = False
        self.switches_to = 0
        self.abs_send_time_at = -1
        self.number_at = -1
        self.picture_id = 0
        self.picture_id_at = -1
        self.picture_id_wide = False
        self.tl0_picture_index = 0
        self.tl0_picture_index_at = -1

    @property
    def marked(self) -> bool:
        """Whether it is its picture's last packet (the marker of RFC 3550)."""
        return self.data[1] >= MARKER

    def mark(self) -> None:
        """Have it be its picture's last packet."""
        self.data[1] |= MARKER

    def stamp(self, abs_send_time: int) -> None:
        """Write the 24-bit abs-send-time (6.18 fixed point seconds), where the packet has room for it."""
        at = self.abs_send_time_at
        if at >= 0:
            self.data[at : at + ABS_SEND_TIME_SIZE] = abs_send_time.to_bytes(ABS_SEND_TIME_SIZE, "big")

    def age_s(self, now: float) -> float:
        """Seconds since it was stamped, below 64; 0 where it has no room for that."""
        at = self.abs_send_time_at
        if at < 0:
            return 0.0
        stamped = int.from_bytes(self.data[at : at + ABS_SEND_TIME_SIZE], "big")
        return (int(now * 262144) - stamped & 0xFFFFFF) / 262144
