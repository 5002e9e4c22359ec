"""The primary encoding alone of a stream of redundant audio (RFC 2198), for receivers that know no RED.

Another way out of the same stream, with the same sequence numbers and timestamps: a packet is made once for all of
them, and only where there are any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.codecs.red import parse_red
from media.rtp.packet import Packet
from media.send.fanout import Forwards

if TYPE_CHECKING:
    from media.rtp.reception import SenderClock
    from media.send.sequence_map import Source


class PlainAudio:
    """A source to follow, made from another one: a `ReceiveStream`. Payload types are the router's."""

    def __init__(self, stream: Source, red_payload_type: int, payload_type: int) -> None:
        self.forwards = Forwards()
        self._stream = stream
        self._red_payload_type = red_payload_type
        self._payload_type = payload_type

    @property
    def origin(self) -> object:
        """The stream that it is made from."""
        return self._stream.origin

    @property
    def clock(self) -> SenderClock | None:
        """The sender's clocks."""
        return self._stream.clock

    @property
    def last_arrival(self) -> float | None:
        """When the newest packet came."""
        return self._stream.last_arrival

    @property
    def highest(self) -> int:
        """The newest packet's number."""
        return self._stream.highest

    @property
    def highest_timestamp(self) -> int:
        """The newest packet's timestamp."""
        return self._stream.highest_timestamp

    @property
    def highest_picture_id(self) -> int:
        """Audio has none."""
        return self._stream.highest_picture_id

    @property
    def highest_tl0_picture_index(self) -> int:
        """Audio has none."""
        return self._stream.highest_tl0_picture_index

    def cached(self, extended: int) -> Packet | None:
        """A packet sent not long ago, for a receiver that lost it."""
        packet = self._stream.cached(extended)
        return None if packet is None else self.form(packet)

    def send(self, packet: Packet) -> None:
        """Send a packet of the stream to everybody who wants it plain."""
        if len(self.forwards):
            self.forwards.send(self.form(packet))

    def form(self, packet: Packet) -> Packet:
        """A packet of the stream without its redundant blocks; one that has none already is as it is."""
        data = packet.data
        if data[1] & 0x7F != self._red_payload_type:
            return packet
        payload_at = packet.payload_at
        primary_at = parse_red(memoryview(data)[payload_at:]).primary_at
        plain = Packet(
            data[:payload_at] + data[payload_at + primary_at :], packet.extended, packet.timestamp, payload_at
        )
        plain.data[1] = data[1] & 0x80 | self._payload_type
        plain.late = packet.late
        plain.abs_send_time_at = packet.abs_send_time_at
        plain.number_at = packet.number_at
        return plain
