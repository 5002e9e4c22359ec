"""Sending RTP in batches: headers written with numpy into fixed slots, protected in place, few `sendmmsg` calls.

All that one wake-up brought is handed to the kernel at once. Several packets for the same receivers become one message
for each receiver, which the kernel splits again (UDP segmentation offload).
"""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import select
import socket
import struct
import sys
from typing import TYPE_CHECKING, Final

import numpy as np

from media.net.buffers import MAX_PACKET, SLOT_SIZE, Block
from media.net.srtp import Pointer, pointer, protect
from media.rtp.packet import HEADER
from media.send.plain_egress import DatagramEgress
from media.send.transport_wide import ONE_BYTE_FORM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from media.rtp.packet import Packet
    from media.send.egress import Egress, Members, Rewriter, Target
    from media.send.transport_wide import TransportWideTable

logger = logging.getLogger(__name__)

# Eight packets of a frame to 500 receivers. The kernel takes 1024 messages a call, and is called again.
ROWS: Final = 4096
MAX_SEGMENTS: Final = 16  # packets in one message; 16 slots are well within the 64 KiB of a datagram
SEGMENT_CONTROL: Final = struct.Struct("=QiiHxxxxxx")  # struct cmsghdr with one 16-bit value (LP64)
SOL_UDP: Final = 17
UDP_SEGMENT: Final = 103
# What the kernel says of a message that it can't split: no checksum offload, or a kernel before 4.18.
CANNOT_SEGMENT: Final = frozenset({-errno.EIO, -errno.EINVAL, -errno.ENOPROTOOPT, -errno.EOPNOTSUPP, -errno.EMSGSIZE})
# How often, and how long each time, a full socket buffer is waited for before the rest of a batch is lost.
SEND_PATIENCE: Final = 3
SEND_WAIT_MS: Final = 2
VECTOR_THRESHOLD: Final = 8  # below this many receivers a Python loop is faster than numpy

_libc = ctypes.CDLL(None, use_errno=True)


def sendmmsg(descriptor: int, messages: int, count: int) -> int:
    """The system call on `count` messages at this address: how many it sent, or a negative error number."""
    sent: int = _libc.sendmmsg(descriptor, ctypes.c_void_p(messages), count, socket.MSG_DONTWAIT)
    return sent if sent >= 0 else -ctypes.get_errno()


class BatchEgress:
    """Up to `ROWS` packets in fixed slots, sent with as few system calls as the kernel allows.

    The columns of `struct mmsghdr` and `struct iovec` are numpy views of the memory the kernel reads (LP64
    layout: 64 and 16 bytes, little-endian).
    """

    def __init__(self, sock: socket.socket, numbers: TransportWideTable) -> None:
        self._socket = sock
        self._numbers = numbers
        # Places in the history of what waits here; their time is that of the flush.
        self._places: list[NDArray[np.intp]] = []
        self._single_places: list[int] = []
        self._descriptor = sock.fileno()
        self._slots = Block(ROWS * SLOT_SIZE)
        self._view = self._slots.view
        as_bytes = np.frombuffer(self._view, np.uint8)
        self._bytes = as_bytes.reshape(ROWS, SLOT_SIZE)
        self._words = as_bytes.view(">u2").reshape(ROWS, SLOT_SIZE // 2)
        self._doubles = as_bytes.view(">u4").reshape(ROWS, SLOT_SIZE // 4)
        self._length_block = Block(ROWS * 4)
        self._lengths = np.frombuffer(self._length_block.view, np.int32)
        self._vectors = Block(ROWS * 16)
        vectors = np.frombuffer(self._vectors.view, np.uint64).reshape(ROWS, 2)
        addresses = [self._slots.address + row * SLOT_SIZE for row in range(ROWS)]
        vectors[:, 0] = addresses
        self._vector_lengths = vectors[:, 1]
        self._messages = Block(ROWS * 64)
        messages = np.frombuffer(self._messages.view, np.uint64).reshape(ROWS, 8)
        messages[:, 2] = [self._vectors.address + row * 16 for row in range(ROWS)]
        messages[:, 3] = 1
        self._names = messages[:, 0]
        self._name_lengths = messages.view(np.uint32)[:, 2]
        # What `protect` takes for each row; the contexts are those of the rows in use.
        self._packet_arguments = [pointer(address) for address in addresses]
        self._length_arguments = [pointer(self._length_block.address + row * 4) for row in range(ROWS)]
        self._contexts: list[Pointer] = []
        # Which rows `fan_out` filled: with what members, from which row on, and how long each packet is.
        self._runs: list[tuple[Members, int, int]] = []
        self.segments = True
        self._segment_vectors = Block(ROWS * 16)
        self._segment_messages = Block(ROWS * 64)
        self._segment_control = Block(SEGMENT_CONTROL.size)
        self._addresses = np.array(addresses, np.uint64)
        self._writable = select.poll()
        self._writable.register(self._descriptor, select.POLLOUT)
        self.sent = 0
        self.dropped = 0

    def fan_out(self, packet: Packet, members: Members) -> None:
        count = len(members)
        if count < VECTOR_THRESHOLD:
            for forward in members.forwards:
                self.put(packet, forward)
            return
        data = packet.data
        length = len(data)
        if length > MAX_PACKET:
            self.dropped += count
            return
        if len(self._contexts) + count > ROWS:
            self.flush()
        first = len(self._contexts)
        rows = slice(first, first + count)
        self._bytes[rows, :length] = np.frombuffer(data, np.uint8)
        self._words[rows, 1] = members.sequence_offsets + np.uint16(packet.extended & 0xFFFF)
        self._doubles[rows, 1] = members.timestamp_offsets + np.uint32(packet.timestamp)
        self._doubles[rows, 2] = members.ssrcs
        if members.rewrites_picture_id and packet.picture_id_at >= 0:
            self._write_picture_ids(packet, members, rows)
        if packet.number_at >= 0:
            places = self._numbers.number_rows(
                self._bytes[rows],
                packet.number_at,
                members.slots,
                length,
                one_byte=data[HEADER.size] == ONE_BYTE_FORM,
            )
            if places is not None:
                self._places.append(places)
        self._names[rows] = members.socket_addresses
        self._name_lengths[rows] = members.socket_address_lengths
        self._lengths[rows] = length
        self._contexts += members.contexts
        self._runs.append((members, first, length))

    def _write_picture_ids(self, packet: Packet, members: Members, rows: slice) -> None:
        picture_ids = members.picture_id_offsets + np.uint16(packet.picture_id & 0x7FFF)
        at = packet.picture_id_at
        if packet.picture_id_wide:
            self._bytes[rows, at] = 0x80 | (picture_ids >> 8) & 0x7F
            self._bytes[rows, at + 1] = picture_ids & 0xFF
        else:
            self._bytes[rows, at] = picture_ids & 0x7F
        if packet.tl0_picture_index_at >= 0:
            indexes = members.tl0_picture_index_offsets + np.uint8(packet.tl0_picture_index)
            self._bytes[rows, packet.tl0_picture_index_at] = indexes

    def put(self, packet: Packet, forward: Rewriter) -> None:
        row = self._row(forward.destination, len(packet.data))
        if row >= 0:
            forward.write(packet, self._view, row * SLOT_SIZE)
            if packet.number_at >= 0:
                self._number(row, packet.number_at, forward.destination, len(packet.data))

    def put_bytes(self, data: bytes | bytearray, destination: Target, number_at: int = -1) -> None:
        row = self._row(destination, len(data))
        if row >= 0:
            self._view[row * SLOT_SIZE : row * SLOT_SIZE + len(data)] = data
            if number_at >= 0:
                self._number(row, number_at, destination, len(data))

    def _number(self, row: int, at: int, destination: Target, length: int) -> None:
        place = self._numbers.number(self._view, row * SLOT_SIZE, at, destination.slot, length)
        if place >= 0:
            self._single_places.append(place)

    def _row(self, destination: Target, length: int) -> int:
        """A free row, set up but for the packet itself; -1 if no slot could hold it and its trailer."""
        if length > MAX_PACKET or destination.context is None:
            self.dropped += 1
            return -1
        if len(self._contexts) == ROWS:
            self.flush()
        row = len(self._contexts)
        self._contexts.append(destination.context)
        self._names[row] = destination.socket_address.address
        self._name_lengths[row] = destination.socket_address.length
        self._lengths[row] = length
        return row

    def flush(self) -> None:
        count = len(self._contexts)
        if count == 0:
            return
        failures = list(map(protect, self._contexts, self._packet_arguments, self._length_arguments))
        self._contexts.clear()
        if self._places or self._single_places:
            self._stamp()
        self._vector_lengths[:count] = self._lengths[:count]
        if any(failures):
            # A packet that could not be protected must not leave as plain text.
            for row, failed in enumerate(failures):
                if failed:
                    self.dropped += 1
                else:
                    self._send(row, row + 1)
        else:
            done = 0
            if self.segments and len(self._runs) > 1:
                for first, receivers, packets in self._bursts():
                    self._send(done, first)
                    self._send_burst(first, receivers, packets)
                    done = first + receivers * packets
            self._send(done, count)
        self._runs.clear()

    def _stamp(self) -> None:
        """All that waits leaves now."""
        now_us = self._numbers.now_us()
        if self._places:
            self._numbers.stamp(np.concatenate(self._places), now_us)
            self._places.clear()
        if self._single_places:
            self._numbers.stamp(self._single_places, now_us)
            self._single_places.clear()

    def _bursts(self) -> list[tuple[int, int, int]]:
        """First row, receivers and packets of each burst: packets of one size for the same receivers, row after row.

        The last packet of a burst may be shorter, as the last of a frame usually is.
        """
        bursts = []
        position = 0
        runs = self._runs
        while position < len(runs):
            members, first, length = runs[position]
            receivers = len(members)
            packets = 1
            while packets < MAX_SEGMENTS and position + packets < len(runs):
                following, row, size = runs[position + packets]
                if following is not members or row != first + packets * receivers or size > length:
                    break
                packets += 1
                if size < length:
                    break
            position += packets
            lengths = self._lengths[first : first + packets * receivers].reshape(packets, receivers)
            # Receivers with another SRTP profile have another size.
            if packets > 1 and (lengths == lengths[:, :1]).all():
                bursts.append((first, receivers, packets))
        return bursts

    def _send_burst(self, first: int, receivers: int, packets: int) -> None:
        """One message for each receiver with all packets of the burst in it."""
        rows = slice(first, first + receivers * packets)
        vectors = np.frombuffer(self._segment_vectors.view, np.uint64)[: 2 * receivers * packets]
        vectors = vectors.reshape(receivers, packets, 2)
        vectors[:, :, 0] = self._addresses[rows].reshape(packets, receivers).T
        vectors[:, :, 1] = self._lengths[rows].reshape(packets, receivers).T
        messages = np.frombuffer(self._segment_messages.view, np.uint64).reshape(ROWS, 8)[:receivers]
        messages[:, 0] = self._names[first : first + receivers]
        messages[:, 1] = self._name_lengths[first : first + receivers]
        at = self._segment_vectors.address
        messages[:, 2] = np.arange(receivers, dtype=np.uint64) * np.uint64(packets * 16) + np.uint64(at)
        messages[:, 3] = packets
        messages[:, 4] = self._segment_control.address
        messages[:, 5] = SEGMENT_CONTROL.size
        SEGMENT_CONTROL.pack_into(self._segment_control.view, 0, 18, SOL_UDP, UDP_SEGMENT, int(self._lengths[first]))
        done, patience = 0, SEND_PATIENCE
        while done < receivers:
            sent = sendmmsg(self._descriptor, self._segment_messages.address + done * 64, receivers - done)
            if sent > 0:
                self.sent += sent * packets
                done += sent
            elif sent in {-errno.EAGAIN, -errno.ENOBUFS} and patience > 0:
                patience -= 1
                self._writable.poll(SEND_WAIT_MS)
            else:
                self._send_singly(range(first + done, rows.stop, receivers), sent)
                done += 1

    def _send_singly(self, rows: range, error: int) -> None:
        """Send a receiver's packets one by one; if that works, it was the segmentation that the kernel refused."""
        dropped = self.dropped
        for row in rows:
            self._send(row, row + 1)
        if error in CANNOT_SEGMENT and self.dropped == dropped and self.segments:
            self.segments = False
            logger.warning(
                "The network can't segment UDP messages (%s); sending packet by packet.", os.strerror(-error)
            )

    def send_again_for_measurement(self, count: int) -> None:
        """Hand the first `count` slots to the kernel once more: the floor that benchmarks compare with."""
        self._send(0, count)

    def _send(self, first: int, end: int) -> None:
        patience = SEND_PATIENCE
        while first < end:
            sent = sendmmsg(self._descriptor, self._messages.address + first * 64, end - first)
            if sent > 0:
                self.sent += sent
                first += sent
            elif sent in {-errno.EAGAIN, -errno.ENOBUFS}:
                # The network card is behind: dropping the rest of the room would be worse than waiting for it.
                patience -= 1
                if patience < 0:
                    self.dropped += end - first
                    return
                self._writable.poll(SEND_WAIT_MS)
            else:
                # The first message's address is bad: leave it out and go on.
                self.dropped += 1
                first += 1


def make_egress(sock: socket.socket, *, batched: bool, numbers: TransportWideTable) -> Egress:
    """The fastest way out that the platform has, or the plain one."""
    if batched and sys.platform == "linux" and sys.maxsize > 2**32 and sys.byteorder == "little":
        return BatchEgress(sock, numbers)
    return DatagramEgress(sock, numbers)
