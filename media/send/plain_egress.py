"""Sending RTP packet by packet: the reference for tests, the way without `sendmmsg`, and the base of `StreamEgress`."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from media.net.buffers import MAX_PACKET, SLOT_SIZE, Block
from media.net.srtp import pointer, protect

if TYPE_CHECKING:
    import socket

    from media.rtp.packet import Packet
    from media.send.egress import Members, Rewriter, Target
    from media.send.transport_wide import TransportWideTable


class PlainEgress:
    """One `protect` a packet, then `_leave`."""

    def __init__(self, numbers: TransportWideTable) -> None:
        self._numbers = numbers
        self._slot = Block(SLOT_SIZE)
        self._length = ctypes.c_int()
        self._length_pointer = ctypes.byref(self._length)
        self.sent = 0
        self.dropped = 0

    def fan_out(self, packet: Packet, members: Members) -> None:
        for forward in members.forwards:
            self.put(packet, forward)

    def put(self, packet: Packet, forward: Rewriter) -> None:
        if len(packet.data) > MAX_PACKET:
            self.dropped += 1
            return
        forward.write(packet, self._slot.view, 0)
        self._send(len(packet.data), forward.destination, packet.number_at)

    def put_bytes(self, data: bytes | bytearray, destination: Target, number_at: int = -1) -> None:
        if len(data) > MAX_PACKET:
            self.dropped += 1
            return
        self._slot.view[: len(data)] = data
        self._send(len(data), destination, number_at)

    def _send(self, length: int, destination: Target, number_at: int) -> None:
        if number_at >= 0:
            numbers = self._numbers
            place = numbers.number(self._slot.view, 0, number_at, destination.slot, length)
            if place >= 0:
                numbers.stamp([place], numbers.now_us())
        self._length.value = length
        if (
            not destination.context
            or destination.address is None
            or protect(pointer(destination.context), self._slot.pointer, self._length_pointer)
            # Video has room for a number, and nothing else has.
            or not self._leave(self._slot.view[: self._length.value], destination, video=number_at >= 0)
        ):
            self.dropped += 1
        else:
            self.sent += 1

    def _leave(self, data: memoryview, destination: Target, *, video: bool) -> bool:
        """Send a protected packet; False where it is lost."""
        raise NotImplementedError

    def flush(self) -> None:
        """Nothing waits here."""

    def release(self) -> float:
        """Nothing waits here."""
        return 0.0


class DatagramEgress(PlainEgress):
    """One `sendto` a packet."""

    def __init__(self, sock: socket.socket, numbers: TransportWideTable) -> None:
        super().__init__(numbers)
        self._socket = sock

    def _leave(self, data: memoryview, destination: Target, *, video: bool) -> bool:  # noqa: ARG002 - all is alike here
        if destination.address is None:
            return False
        try:
            self._socket.sendto(data, destination.address)
        except OSError:
            return False
        return True
