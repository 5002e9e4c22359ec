"""Sending RTP in batches: headers written with numpy into fixed slots, protected in place, few `sendmmsg` calls.

All that one wake-up brought is handed to the kernel at once, but for pictures whose end has not come (`Gathering`).
Several packets of one stream become one message for each receiver, which the kernel splits again (UDP segmentation
offload).
"""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import select
import socket
import sys
from typing import TYPE_CHECKING, Final

import numpy as np

from media.net.buffers import MAX_PACKET, SLOT_SIZE
from media.rtp.packet import HEADER
from media.send.gathering import Gathering
from media.send.plain_egress import DatagramEgress
from media.send.singles import Singles
from media.send.slots import CONTROLS, MAX_SEGMENTS, MESSAGE_SIZE, VECTOR, VECTOR_SIZE, Messages, Slots, segments_of
from media.send.transport_wide import ONE_BYTE_FORM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from media.rtp.packet import Packet
    from media.send.egress import Egress, Members, Rewriter, Target
    from media.send.transport_wide import TransportWideTable

logger = logging.getLogger(__name__)

SINGLES: Final = 1024
"""Packets that wait one by one, as many as the kernel takes with one call."""
ROWS: Final = 512
"""Packets that are written, protected and sent before the next ones are: they stay in a core's cache meanwhile."""
MOST_WAITING: Final = 4096
"""Packets to receivers that wait for a flush, some milliseconds of work: whoever takes packets from a socket counts the
time that they take."""
# What the kernel says of a message that it can't split: no checksum offload, or a kernel before 4.18.
CANNOT_SEGMENT: Final = frozenset({-errno.EIO, -errno.EINVAL, -errno.ENOPROTOOPT, -errno.EOPNOTSUPP, -errno.EMSGSIZE})
# How often, and how long each time, a full socket buffer is waited for before the rest of a batch is lost.
SEND_PATIENCE: Final = 3
SEND_WAIT_MS: Final = 2
VECTOR_THRESHOLD: Final = 16  # below this many receivers a Python loop is faster than numpy

_libc = ctypes.CDLL(None, use_errno=True)


def sendmmsg(descriptor: int, messages: int, count: int) -> int:
    """The system call on `count` messages at this address: how many it sent, or a negative error number."""
    sent: int = _libc.sendmmsg(descriptor, ctypes.c_void_p(messages), count, socket.MSG_DONTWAIT)
    return sent if sent >= 0 else -ctypes.get_errno()


class BatchEgress:
    """A way out by a UDP socket with as few system calls as the kernel allows."""

    def __init__(self, sock: socket.socket, numbers: TransportWideTable) -> None:
        self._socket = sock
        self._numbers = numbers
        self._descriptor = sock.fileno()
        self._singles = Singles(SINGLES)
        # Packets for many: those that leave with the next flush, those that may wait, and where they are written.
        self._ready: dict[Members, list[Packet]] = {}
        self._waiting = 0
        self._gathering: Gathering[Members] = Gathering()
        self._rows = Slots(ROWS)
        self._alone = Messages(MAX_SEGMENTS)
        self.segments = True
        self._has_segmented = False
        self._writable = select.poll()
        self._writable.register(self._descriptor, select.POLLOUT)
        self.sent = 0
        self.dropped = 0

    # --- what is to leave ---

    def fan_out(self, packet: Packet, members: Members) -> None:
        if len(members) < VECTOR_THRESHOLD:
            for forward in members.forwards:
                self.put(packet, forward)
        elif len(packet.data) > MAX_PACKET:
            self.dropped += len(members)
        else:
            if members.gathers:
                self._gathering.put(packet, members)
            else:
                self._ready.setdefault(members, []).append(packet)
            self._waiting += len(members)
            if self._waiting >= MOST_WAITING:
                self.release()

    def put(self, packet: Packet, forward: Rewriter) -> None:
        length, destination = len(packet.data), forward.destination
        if self._takes(destination, length):
            forward.write(packet, self._singles.view, len(self._singles) * SLOT_SIZE)
            self._singles.add(destination, length, packet.number_at)

    def put_bytes(self, data: bytes | bytearray, destination: Target, number_at: int = -1) -> None:
        length = len(data)
        if self._takes(destination, length):
            at = len(self._singles) * SLOT_SIZE
            self._singles.view[at : at + length] = data
            self._singles.add(destination, length, number_at)

    def _takes(self, destination: Target, length: int) -> bool:
        """Have a row free for a packet; not for one without keys, or that no slot could hold with its trailer."""
        if length > MAX_PACKET or not destination.context:
            self.dropped += 1
            return False
        if len(self._singles) == SINGLES:
            self._send_singles()
        return True

    # --- when it leaves ---

    def flush(self) -> None:
        self._send_ready()
        self._send_singles()
        if self._gathering:
            for members, packets in self._gathering.take_all():
                self._send_gathered(members, packets)

    def release(self) -> float:
        """Sound goes before pictures: a picture for a thousand takes as long as half a packet of sound lasts."""
        self._waiting = 0
        self._send_ready()
        self._send_singles()
        if not self._gathering:
            return 0.0
        for members, packets in self._gathering.take_due(self._numbers.now_us() / 1e6):
            self._send_gathered(members, packets)
        return self._gathering.wait_s(self._numbers.now_us() / 1e6)

    def _send_ready(self) -> None:
        if self._ready:
            ready, self._ready = self._ready, {}
            for members, packets in ready.items():
                self._send_run(members, packets)

    def _send_singles(self) -> None:
        waiting = len(self._singles)
        if waiting:
            count, packets = self._singles.take(self._numbers, whole=self.segments)
            self.dropped += waiting - packets
            self._send(self._singles.messages, 0, count, packets)

    def _send_gathered(self, members: Members, packets: list[Packet]) -> None:
        """They have waited: what tells when they were sent says so."""
        abs_send_time = self._numbers.now_us() * 262144 // 1_000_000 & 0xFFFFFF
        for packet in packets:
            packet.stamp(abs_send_time)
        self._send_run(members, packets)

    def _send_run(self, members: Members, packets: list[Packet]) -> None:
        """Send packets of one stream to all members, all of them to some before the others.

        For whom the socket's buffer had no place, they are the first the next time.
        """
        lost_from = -1
        for first in range(0, len(packets), MAX_SEGMENTS):
            some = packets[first : first + MAX_SEGMENTS]
            step = ROWS // len(some)
            for start in range(0, len(members), step):
                part = slice(start, min(start + step, len(members)))
                served = self._send_part(members, part, some)
                if lost_from < 0 and start + served < part.stop:
                    lost_from = start + served
        if lost_from > 0:
            members.begin_with(lost_from)

    def _send_part(self, members: Members, part: slice, packets: list[Packet]) -> int:
        """How many receivers were served before the socket's buffer was full."""
        slots, depth = self._rows, len(packets)
        rows = (part.stop - part.start) * depth
        places = [self._write(packet, members, part, slice(index, rows, depth)) for index, packet in enumerate(packets)]
        slots.contexts[:rows].reshape(-1, depth)[:] = members.contexts[part, np.newaxis]
        failed = slots.protect(rows)
        numbered = [place for place in places if place is not None]
        if numbered:
            self._numbers.stamp(np.concatenate(numbered), self._numbers.now_us())
        names, name_lengths = members.socket_addresses[part], members.socket_address_lengths[part]
        if failed:  # what could not be protected must not leave as plain text
            protected = np.delete(np.arange(rows), failed)
            self.dropped += rows - len(protected)
            receivers = protected // depth
            count = slots.some(protected, names[receivers], name_lengths[receivers])
            handed = self._send(slots.messages, 0, count)
            return int(receivers[handed]) if handed < count else len(names)
        segments = segments_of(slots.lengths[:depth].tolist()) if self.segments else [(i, i + 1) for i in range(depth)]
        return self._send(slots.messages, 0, slots.segmented(segments, depth, names, name_lengths)) // len(segments)

    def _write(self, packet: Packet, members: Members, part: slice, rows: slice) -> NDArray[np.intp] | None:
        """Write one packet for some members, each with its fields; the places of those that got a number."""
        slots, data, length = self._rows, packet.data, len(packet.data)
        target = slots.bytes[rows]
        target[:, :length] = np.frombuffer(data, np.uint8)
        slots.words[rows, 1] = members.sequence_offsets[part] + np.uint16(packet.extended & 0xFFFF)
        slots.doubles[rows, 1] = members.timestamp_offsets[part] + np.uint32(packet.timestamp)
        slots.doubles[rows, 2] = members.ssrcs[part]
        slots.lengths[rows] = length
        if members.rewrites_picture_id and packet.picture_id_at >= 0:
            self._write_picture_ids(packet, members, part, target)
        if packet.number_at < 0:
            return None
        one_byte = data[HEADER.size] == ONE_BYTE_FORM
        return self._numbers.number_rows(target, packet.number_at, members.slots[part], length, one_byte=one_byte)

    @staticmethod
    def _write_picture_ids(packet: Packet, members: Members, part: slice, target: NDArray[np.uint8]) -> None:
        picture_ids = members.picture_id_offsets[part] + np.uint16(packet.picture_id & 0x7FFF)
        at = packet.picture_id_at
        if packet.picture_id_wide:
            target[:, at] = 0x80 | (picture_ids >> 8) & 0x7F
            target[:, at + 1] = picture_ids & 0xFF
        else:
            target[:, at] = picture_ids & 0x7F
        if packet.tl0_picture_index_at >= 0:
            indexes = members.tl0_picture_index_offsets[part] + np.uint8(packet.tl0_picture_index)
            target[:, packet.tl0_picture_index_at] = indexes

    # --- what the kernel is handed ---

    def send_again_for_measurement(self, count: int) -> None:
        """Hand the first `count` single packets to the kernel once more: the floor that benchmarks compare with."""
        self._send(self._singles.messages, 0, min(count, SINGLES))

    def _send(self, messages: Messages, first: int, end: int, packets: int = 0) -> int:
        """Send some of these messages, up to which one; `packets` tells how many they carry, where that is known."""
        patience = SEND_PATIENCE
        while first < end:
            sent = sendmmsg(self._descriptor, messages.address + first * MESSAGE_SIZE, end - first)
            if sent > 0:
                if not packets or first + sent < end:
                    packets = int(messages.packets[first : first + sent].sum())
                self.sent += packets
                self._has_segmented |= packets > sent
                packets = 0
                first += sent
            elif sent in {-errno.EAGAIN, -errno.ENOBUFS}:
                # The network card is behind: dropping the rest of the room would be worse than waiting for it.
                patience -= 1
                if patience < 0:
                    self.dropped += int(messages.packets[first:end].sum())
                    return first
                self._writable.poll(SEND_WAIT_MS)
            else:
                self._send_apart(messages, first, sent)
                packets = 0
                first += 1
        return end

    def _send_apart(self, messages: Messages, index: int, error: int) -> None:
        """Send the packets of a message one by one; if that works, it was the segmentation that the kernel refused.

        Once segmentation has worked, that is about one receiver's way (RFC 8899: some carry only small packets).
        """
        packets = int(messages.packets[index])
        if packets == 1:
            self.dropped += 1  # its address is bad
            return
        alone, dropped = self._alone, self.dropped
        columns = alone.columns[:packets]
        columns[:] = messages.columns[index]
        columns[:, VECTOR] += np.arange(packets, dtype=np.uint64) * np.uint64(VECTOR_SIZE)
        alone.packets[:packets] = 1
        columns[:, CONTROLS:] = 0
        self._send(alone, 0, packets)
        if error in CANNOT_SEGMENT and self.dropped == dropped and self.segments and not self._has_segmented:
            self.segments = False
            logger.warning(
                "The network can't segment UDP messages (%s); sending packet by packet.", os.strerror(-error)
            )


def make_egress(sock: socket.socket, *, batched: bool, numbers: TransportWideTable) -> Egress:
    """The fastest way out that the platform has, or the plain one."""
    if batched and sys.platform == "linux" and sys.maxsize > 2**32 and sys.byteorder == "little":
        return BatchEgress(sock, numbers)
    return DatagramEgress(sock, numbers)
