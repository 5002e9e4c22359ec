"""Receiving for a thousand participants in one process: `recvmmsg`, and counting with numpy what came at once.

Sockets are emptied in turn, some times a second each, so that nobody is woken for a packet; when a packet came is what
the kernel says. Only a sample is decrypted, which shows that the keys fit and how old a packet was.

What the node sends as one message comes as one (UDP_GRO): on loopback the kernel would part it, and find the socket for
each packet, in the node's own system call, which a network card or the receiver's machine does otherwise.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.light_client import SO_TIMESTAMPNS

if TYPE_CHECKING:
    from pylibsrtp import Session

SLOTS: Final = 128
# All packets of the largest message, which are of one stream.
SLOT_SIZE: Final = 20 * 1024
# struct cmsghdr (16 octets) and struct timespec (16) of Linux; then, of a message of several packets, another cmsghdr
# and the size of each but the last, with what pads it.
TIMESTAMP_SIZE: Final = 32
CONTROL_SIZE: Final = 56
SIZE_WORD: Final = 6
# udp(7) of Linux.
SOL_UDP: Final = 17
UDP_GRO: Final = 104
HEAD_SIZE: Final = 12
# The last octets of a payload: when it was sent, in ns since 1970.
SENT_AT: Final = struct.Struct("=q")
SEQUENCE_NUMBER: Final = struct.Struct(">H")
MTYPE: Final = np.dtype(
    {
        "names": ["name", "namelen", "iov", "iovlen", "control", "controllen", "flags", "length"],
        "formats": ["u8", "u4", "u8", "u8", "u8", "u8", "i4", "u4"],
        "offsets": [0, 8, 16, 24, 32, 40, 48, 56],
        "itemsize": 64,
    }
)
# One packet in so many times that a socket is emptied is decrypted.
SAMPLED: Final = 3

_libc: Final = ctypes.CDLL(None, use_errno=True)


@dataclass
class Stream:
    """Packets of one SSRC: how many came, and the first and last of their numbers."""

    received: int = 0
    first: int = -1
    last: int = -1

    def take(self, first: int, last: int, count: int) -> None:
        """`count` packets came, from one sequence number to another."""
        if self.first < 0:
            self.first = self.last = first
        self.last += ((last - self.last + 0x8000) & 0xFFFF) - 0x8000
        self.received += count

    @property
    def expected(self) -> int:
        """How many packets there were."""
        return self.last - self.first + 1


@dataclass(eq=False)
class Tap:
    """One participant's receiving socket and what came of it."""

    socket: socket.socket
    srtp: Session
    streams: dict[int, Stream] = field(default_factory=dict)
    packets: int = 0
    octets: int = 0
    bad: int = 0
    turns: int = 0
    first_at: float = 0.0

    def __post_init__(self) -> None:
        self.socket.setsockopt(SOL_UDP, UDP_GRO, 1)

    def begin(self) -> None:
        """Count anew."""
        self.streams.clear()
        self.packets = self.octets = self.bad = 0

    @property
    def expected(self) -> int:
        """Packets by sequence numbers."""
        return sum(stream.expected for stream in self.streams.values())


class Drain:
    """Empties taps. `latencies_ms` are of sampled packets, from the sender's clock to the receiver's kernel."""

    def __init__(self) -> None:
        self._slots = np.zeros((SLOTS, SLOT_SIZE), np.uint8)
        self._controls = np.zeros((SLOTS, CONTROL_SIZE // 8), np.int64)
        self._iovs = np.zeros((SLOTS, 2), np.uint64)
        self._iovs[:, 0] = self._slots.ctypes.data + np.arange(SLOTS, dtype=np.uint64) * SLOT_SIZE
        self._iovs[:, 1] = SLOT_SIZE
        self._messages = np.zeros(SLOTS, MTYPE)
        self._messages["iov"] = self._iovs.ctypes.data + np.arange(SLOTS, dtype=np.uint64) * 16
        self._messages["iovlen"] = 1
        self._messages["control"] = self._controls.ctypes.data + np.arange(SLOTS, dtype=np.uint64) * CONTROL_SIZE
        self._view = memoryview(self._slots.reshape(-1).data)
        self.latencies_ms: list[float] = []
        self.decrypted = 0

    def empty(self, tap: Tap) -> int:
        """Take what waits; how many packets of RTP."""
        taken = 0
        while (count := self._receive(tap)) == SLOTS:
            taken += count
        return taken + max(0, count)

    def _receive(self, tap: Tap) -> int:
        self._messages["controllen"] = CONTROL_SIZE
        descriptor = tap.socket.fileno()
        if descriptor < 0:
            return 0
        address = ctypes.c_void_p(self._messages.ctypes.data)
        count: int = _libc.recvmmsg(descriptor, address, SLOTS, socket.MSG_DONTWAIT, None)
        if count > 0:
            self._count(tap, count)
        return count

    def _count(self, tap: Tap, count: int) -> None:
        heads = self._slots[:count, :HEAD_SIZE]
        kinds = heads[:, 1] & 0x7F
        (rtp,) = np.nonzero((heads[:, 0] >= 128) & ((kinds < 64) | (kinds >= 96)))
        if not len(rtp):
            return
        words = np.ascontiguousarray(heads[rtp]).view(">u4")
        numbers, ssrcs = words[:, 0] & 0xFFFF, words[:, 2]
        lengths = self._messages["length"][rtp].astype(np.int64)
        several = self._messages["controllen"][rtp] > TIMESTAMP_SIZE
        sizes = np.where(several, self._controls[rtp, SIZE_WORD] & 0xFFFFFFFF, lengths)
        packets = -(-lengths // sizes)
        tap.packets += int(packets.sum())
        tap.octets += int(lengths.sum())
        if not tap.first_at:
            tap.first_at = time.monotonic()
        for ssrc in set(ssrcs.tolist()):
            (of_it,) = np.nonzero(ssrcs == ssrc)
            end = of_it[-1]
            last = self._number(int(rtp[end]), int((packets[end] - 1) * sizes[end]))
            tap.streams.setdefault(ssrc, Stream()).take(int(numbers[of_it[0]]), last, int(packets[of_it].sum()))
        tap.turns += 1
        if tap.turns % SAMPLED == 0:
            one = tap.turns % len(rtp)
            before = tap.turns % int(packets[one]) * int(sizes[one])
            self._sample(tap, int(rtp[one]), before, min(int(sizes[one]), int(lengths[one]) - before))

    def _number(self, slot: int, before: int) -> int:
        """The sequence number of the packet behind so many octets of a message."""
        number: int = SEQUENCE_NUMBER.unpack_from(self._view, slot * SLOT_SIZE + before + 2)[0]
        return number

    def _sample(self, tap: Tap, slot: int, before: int, length: int) -> None:
        start = slot * SLOT_SIZE + before
        data = bytes(self._view[start : start + length])
        try:
            packet = tap.srtp.unprotect(data)
        except Exception:  # noqa: BLE001 - pylibsrtp's own kind; whatever it is, the packet is bad
            tap.bad += 1
            return
        self.decrypted += 1
        (sent_ns,) = SENT_AT.unpack(packet[-SENT_AT.size :])
        control = self._controls[slot]
        if int(control[1]) >> 32 == SO_TIMESTAMPNS:
            self.latencies_ms.append((int(control[2]) * 1_000_000_000 + int(control[3]) - sent_ns) / 1e6)
