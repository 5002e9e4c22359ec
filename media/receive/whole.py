"""A received stream with also the packets that a gate keeps from most: for a recorder, who wants everybody's voice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from media.rtp.packet import Packet
from media.send.fanout import Forwards

if TYPE_CHECKING:
    from media.receive.plain_audio import PlainAudio
    from media.rtp.reception import SenderClock


class Gated(Protocol):
    """The stream itself."""

    @property
    def origin(self) -> object: ...
    @property
    def clock(self) -> SenderClock | None: ...
    @property
    def last_arrival(self) -> float | None: ...
    @property
    def plain(self) -> PlainAudio | None: ...


class WholeStream:
    """A `media.send.sequence_map.Source` with the sender's own numbering. Nothing can be asked for again."""

    def __init__(self, stream: Gated) -> None:
        self.forwards = Forwards()
        # The extended sequence number of the packet that is on its way, as the sender has it.
        self.next = 0
        self.highest = -1
        self.highest_timestamp = 0
        self.highest_picture_id = 0
        self.highest_tl0_picture_index = 0
        self._stream = stream

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
        """When a packet came last."""
        return self._stream.last_arrival

    def numbered(self, packet: Packet) -> Packet:
        """The packet on its way, with its number in this numbering, and without redundancy (RFC 2198)."""
        plain = self._stream.plain
        if plain is not None:
            packet = plain.form(packet)
        copy = Packet(packet.data, self.next, packet.timestamp, packet.payload_at)
        copy.late = packet.late
        return copy

    def send(self, packet: Packet) -> None:
        """Give the packet on its way to all who follow."""
        if not len(self.forwards):
            return
        copy = self.numbered(packet)
        if not copy.late:
            self.highest = copy.extended
            self.highest_timestamp = copy.timestamp
        self.forwards.send(copy)

    def cached(self, extended: int) -> Packet | None:  # noqa: ARG002 - a source's
        """Nothing."""
        return None
