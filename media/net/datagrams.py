"""What waits in a UDP socket, taken into fixed memory: many datagrams by one system call, or one by one.

`DatagramBatch` is the fast way (Linux); `SingleDatagrams` is the reference for tests, and the way on platforms without
`recvmmsg`.
"""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import socket
import struct
import sys
import time
from typing import TYPE_CHECKING, Final, Protocol

from media.net.arrival_times import ArrivalTimes
from media.net.buffers import SLOT_SIZE, Block, SocketAddress

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from media.net.endpoints import Address

logger = logging.getLogger(__name__)

SLOTS: Final = 64
"""Datagrams that one system call takes."""
NAME_SIZE: Final = 32
"""Room for a `struct sockaddr_in6`, in whole words of 64 bits."""
VECTOR: Final = struct.Struct("=QQ")  # struct iovec (LP64)
MESSAGE: Final = struct.Struct("=QIxxxxQQQQixxxxIxxxx")  # struct mmsghdr (LP64): msghdr, then the length
CONTROL_SIZE: Final = 32
"""Of a control message with a time stamp: struct cmsghdr (LP64), then a struct timespec. As the kernel fills it each
time, it need not be told the size again."""
STAMP_AT: Final = 2  # of that timespec, in words of 64 bits
SO_TIMESTAMPNS: Final = 35  # asm-generic/socket.h
LENGTH_AT: Final = 14  # of `msg_len`, in words of 32 bits
MAX_ERRORS: Final = 16
"""Errors of earlier datagrams (ICMP) that one call skips, before what waits has to wait for the next wake-up."""

# The GIL is kept, as for libsrtp (`media.net.srtp`): the call never blocks, and takes microseconds.
_libc = ctypes.PyDLL(None, use_errno=True)


class Inlet(Protocol):
    """What a socket's datagrams are taken by: `receive` tells how many came, `size` at most; 0 if none waits.

    Then datagram `index` is in `blocks`, has this length, and came from the `address` that `key` stands for. The block
    knows when, once `taken` was told the time after `receive`.
    """

    @property
    def size(self) -> int: ...
    @property
    def blocks(self) -> Sequence[Block]: ...
    @property
    def lengths(self) -> memoryview | list[int]: ...
    def receive(self) -> int: ...
    def taken(self, now: float) -> None: ...
    def key(self, index: int) -> Hashable: ...
    def address(self, index: int) -> Address: ...
    def key_of(self, address: Address) -> Hashable: ...


class SingleDatagrams:
    """One `recvfrom_into` a datagram."""

    size = 1

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._address: Address = ("", 0)
        self.blocks = [Block(SLOT_SIZE)]
        self.lengths = [0]

    def receive(self) -> int:
        """Take one."""
        for _ in range(MAX_ERRORS):
            try:
                self.lengths[0], address = self._socket.recvfrom_into(self.blocks[0].view)
            except BlockingIOError:
                return 0
            except OSError as error:
                logger.debug("The media socket reported: %s", error)
                continue
            self._address = address[:2]
            return 1
        return 0

    def taken(self, now: float) -> None:
        """Nothing more is known of when it came."""

    def key(self, index: int) -> Hashable:  # noqa: ARG002 - there is one
        """The sender."""
        return self._address

    def address(self, index: int) -> Address:  # noqa: ARG002 - there is one
        """The sender."""
        return self._address

    def key_of(self, address: Address) -> Hashable:
        """What stands for this address."""
        return address


class StampedBlock(Block):
    """Memory for one datagram; the kernel writes its time stamp into two words of 64 bits, `stamp`."""

    __slots__ = ("_stamp", "_times")

    def __init__(self, times: ArrivalTimes, stamp: memoryview) -> None:
        super().__init__(SLOT_SIZE)
        self._times = times
        self._stamp = stamp

    def arrived_at(self, taken_at: float) -> float:  # noqa: ARG002 - `times` knows it
        """When the kernel took it from the network."""
        return self._times.arrived_at(self._stamp[0], self._stamp[1])


class DatagramBatch:
    """One `recvmmsg` for `SLOTS` datagrams. Senders are told apart by what the kernel wrote, as numbers."""

    size = SLOTS

    def __init__(self, sock: socket.socket) -> None:
        self._descriptor = sock.fileno()
        self._ipv6 = sock.family == socket.AF_INET6
        self._received = 0
        self._times = ArrivalTimes()
        self._controls = Block(SLOTS * CONTROL_SIZE)
        control_size = CONTROL_SIZE if _stamp(sock) else 0
        stamps = self._controls.view.cast("q")
        self.blocks: list[Block] = []
        self._names = Block(SLOTS * NAME_SIZE)
        self._name_words = self._names.view.cast("Q")
        self._vectors = Block(SLOTS * VECTOR.size)
        self._messages = Block(SLOTS * MESSAGE.size)
        for slot in range(SLOTS):
            stamp_at = slot * CONTROL_SIZE // 8 + STAMP_AT
            stamp = stamps[stamp_at : stamp_at + 2]
            block = StampedBlock(self._times, stamp) if control_size else Block(SLOT_SIZE)
            self.blocks.append(block)
            vector_at, message_at = slot * VECTOR.size, slot * MESSAGE.size
            VECTOR.pack_into(self._vectors.view, vector_at, block.address, SLOT_SIZE)
            name, vector = self._names.address + slot * NAME_SIZE, self._vectors.address + vector_at
            control = self._controls.address + slot * CONTROL_SIZE
            MESSAGE.pack_into(self._messages.view, message_at, name, NAME_SIZE, vector, 1, control, control_size, 0, 0)
        self.lengths = self._messages.view.cast("I")[LENGTH_AT :: MESSAGE.size // 4]

    def receive(self) -> int:
        """Take what waits."""
        self._received = 0
        for _ in range(MAX_ERRORS):
            received: int = _libc.recvmmsg(self._descriptor, self._messages.pointer, SLOTS, socket.MSG_DONTWAIT, None)
            if received >= 0:
                self._received = received
                return received
            error = ctypes.get_errno()
            if error in {errno.EAGAIN, errno.EWOULDBLOCK}:
                return 0
            logger.debug("The media socket reported: %s", os.strerror(error))
        return 0

    def taken(self, now: float) -> None:
        """Read the wall clock, by which stamps are."""
        self._times.looked(now, time.time(), emptied=self._received < SLOTS)

    def key(self, index: int) -> Hashable:
        """The sender of a datagram: family, port and address, without an IPv6 flow label and scope."""
        words = self._name_words
        if self._ipv6:
            return words[4 * index] & 0xFFFFFFFF, words[4 * index + 1], words[4 * index + 2]
        return words[4 * index]

    def address(self, index: int) -> Address:
        """The sender of a datagram; with the zone of one that is link-local."""
        name = self._names.view[index * NAME_SIZE : (index + 1) * NAME_SIZE]
        port = int.from_bytes(name[2:4], "big")
        if not self._ipv6:
            return socket.inet_ntop(socket.AF_INET, name[4:8]), port
        zone = int.from_bytes(name[24:28], sys.byteorder)
        return socket.inet_ntop(socket.AF_INET6, name[8:24]) + (f"%{zone}" if zone else ""), port

    def key_of(self, address: Address) -> Hashable:
        """What stands for this address."""
        made = SocketAddress()
        made.set(address)
        words = made.view[:24].cast("Q")
        return (words[0] & 0xFFFFFFFF, words[1], words[2]) if self._ipv6 else words[0]


def _stamp(sock: socket.socket) -> bool:
    """Have the kernel stamp what comes; whether it does."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    except OSError as error:
        logger.debug("The kernel has no time stamps for the media socket: %s", error)
        return False
    return True


def make_inlet(sock: socket.socket, *, batched: bool) -> Inlet:
    """The fastest way that the platform has, or the plain one."""
    if batched and sys.platform == "linux" and sys.maxsize > 2**32 and sys.byteorder == "little":
        return DatagramBatch(sock)
    return SingleDatagrams(sock)
