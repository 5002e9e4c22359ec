"""Receiving for a thousand participants in one process: `recvmmsg`, and counting with numpy what came to many of them.

Sockets are emptied in turn, some times a second each, so that nobody is woken for a packet; when a packet came is what
the kernel says. Of a large audience only heads are read, but for a sample, which is decrypted: that shows that the keys
fit and how old a packet was.

What the node sends as one message comes as one (UDP_GRO): on loopback the kernel would part it, and find the socket for
each packet, in the node's own system call, which a network card or the receiver's machine does otherwise.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from benchmarks.light_client import SO_TIMESTAMPNS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from pylibsrtp import Session

# Of messages that are counted together, and how many of them are for one socket at a time.
SLOTS: Final = 1024
AT_ONCE: Final = 128
# All packets of the largest message.
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
MTYPE: Final = np.dtype(
    {
        "names": ["name", "namelen", "iov", "iovlen", "control", "controllen", "flags", "length"],
        "formats": ["u8", "u4", "u8", "u8", "u8", "u8", "i4", "u4"],
        "offsets": [0, 8, 16, 24, 32, 40, 48, 56],
        "itemsize": 64,
    }
)
# One packet in so many times that a socket is emptied is read as a whole and decrypted.
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


class _Visit(NamedTuple):
    """What came of one tap's socket: so many messages from a slot on, whole or their heads."""

    tap: Tap
    first: int
    messages: int
    whole: bool


class Drain:
    """Empties taps. `latencies_ms` are of sampled packets, from the sender's clock to the receiver's kernel."""

    def __init__(self, *, one_stream: bool = False) -> None:
        """`one_stream` says that all packets of a message are of one stream: then its first head tells of all."""
        self._one_stream = one_stream
        self._slots = np.zeros((SLOTS, SLOT_SIZE), np.uint8)
        self._controls = np.zeros((SLOTS, CONTROL_SIZE // 8), np.int64)
        self._iovs = np.zeros((SLOTS, 2), np.uint64)
        self._iovs[:, 0] = self._slots.ctypes.data + np.arange(SLOTS, dtype=np.uint64) * SLOT_SIZE
        self._messages = np.zeros(SLOTS, MTYPE)
        self._messages["iov"] = self._iovs.ctypes.data + np.arange(SLOTS, dtype=np.uint64) * 16
        self._messages["iovlen"] = 1
        self._messages["control"] = self._controls.ctypes.data + np.arange(SLOTS, dtype=np.uint64) * CONTROL_SIZE
        self._messages["controllen"] = CONTROL_SIZE
        self._address = self._messages.ctypes.data
        self._view = memoryview(self._slots.reshape(-1).data)
        self._visits: list[_Visit] = []
        self._filled = 0
        self.latencies_ms: list[float] = []
        self.decrypted = 0

    def empty(self, taps: Iterable[Tap]) -> int:
        """Take what waits for these; how many messages."""
        taken = 0
        for tap in taps:
            tap.turns += 1
            whole = tap.turns % SAMPLED == 0
            more = True
            while more:
                if SLOTS - self._filled < AT_ONCE:
                    taken += self._count()
                more = self._receive(tap, whole=whole) == AT_ONCE
                whole = False
        return taken + self._count()

    def _receive(self, tap: Tap, *, whole: bool) -> int:
        descriptor, first = tap.socket.fileno(), self._filled
        if descriptor < 0:
            return 0
        self._iovs[first : first + AT_ONCE, 1] = SLOT_SIZE if whole or not self._one_stream else HEAD_SIZE
        address = ctypes.c_void_p(self._address + first * MTYPE.itemsize)
        # With this flag a length is the message's, however little of it is read.
        flags = socket.MSG_DONTWAIT | socket.MSG_TRUNC
        count: int = _libc.recvmmsg(descriptor, address, AT_ONCE, flags, None)
        if count > 0:
            self._visits.append(_Visit(tap, first, count, whole))
            self._filled += count
        return count

    def _count(self) -> int:
        """Count what has come since the last time, and have the slots free; how many messages."""
        count, visits = self._filled, self._visits
        self._filled, self._visits = 0, []
        if count:
            self._count_slots(count, visits)
            self._messages["controllen"][:count] = CONTROL_SIZE
        return count

    def _count_slots(self, count: int, visits: list[_Visit]) -> None:
        heads, lengths = self._slots[:count, :HEAD_SIZE], self._messages["length"][:count].astype(np.int64)
        kinds = heads[:, 1] & 0x7F
        (rtp,) = np.nonzero((lengths >= HEAD_SIZE) & (heads[:, 0] >= 128) & ((kinds < 64) | (kinds >= 96)))
        if not len(rtp):
            return
        owners = np.repeat(np.arange(len(visits)), [visit.messages for visit in visits])[rtp]
        several = self._messages["controllen"][rtp] > TIMESTAMP_SIZE
        lengths = lengths[rtp]
        sizes = np.where(several, self._controls[rtp, SIZE_WORD] & 0xFFFFFFFF, lengths)
        packets = -(-lengths // sizes)
        if self._one_stream:
            self._count_streams(visits, owners, heads[rtp], packets, lengths)
        else:
            which = np.repeat(np.arange(len(rtp)), packets)
            before = (np.arange(len(which)) - np.repeat(np.cumsum(packets) - packets, packets)) * sizes[which]
            places = rtp[which] * SLOT_SIZE + before
            heads = self._slots.reshape(-1)[places[:, np.newaxis] + np.arange(HEAD_SIZE)]
            each = np.minimum(sizes[which], lengths[which] - before)
            self._count_streams(visits, owners[which], heads, np.ones_like(which), each)
        for visit in visits:
            if visit.whole:
                begin, end = np.searchsorted(rtp, (visit.first, visit.first + visit.messages))
                if begin < end:
                    one = int(begin) + visit.tap.turns // SAMPLED % int(end - begin)
                    self._sample(visit.tap, int(rtp[one]), int(min(sizes[one], lengths[one])))

    @staticmethod
    def _count_streams(
        visits: list[_Visit],
        owners: NDArray[np.int64],
        heads: NDArray[np.uint8],
        packets: NDArray[np.int64],
        lengths: NDArray[np.int64],
    ) -> None:
        """Count packets, or as many as follow each of these heads, to the streams of the visits that they came by."""
        words = np.ascontiguousarray(heads).view(">u4")
        # Of each tap's streams one after the other, each in the order in which it came.
        keys = owners << 32 | words[:, 2].astype(np.int64)
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        ends = np.append(starts[1:], len(order)) - 1
        numbers = (words[:, 0] & 0xFFFF).astype(np.int64)[order]
        firsts, lasts = numbers[starts], numbers[ends] + packets[order[ends]] - 1 & 0xFFFF
        sums = np.add.reduceat(packets[order], starts), np.add.reduceat(lengths[order], starts)
        now = time.monotonic()
        columns = (keys[starts], firsts, lasts, *sums)
        for key, first, last, some, octets in zip(*(column.tolist() for column in columns), strict=True):
            tap = visits[key >> 32].tap
            tap.packets += some
            tap.octets += octets
            tap.first_at = tap.first_at or now
            tap.streams.setdefault(key & 0xFFFFFFFF, Stream()).take(first, last, some)

    def _sample(self, tap: Tap, slot: int, length: int) -> None:
        """Decrypt the first packet of a message. It is the oldest, so delays are rather too long than too short."""
        start = slot * SLOT_SIZE
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
