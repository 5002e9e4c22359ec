"""Packets and messages in fixed memory: libsrtp protects them where they are, and one `sendmmsg` takes them.

The columns of `struct iovec`, `struct mmsghdr` and `struct cmsghdr` are numpy views of the memory that the kernel reads
(LP64 layout: 16, 64 and 24 bytes, little-endian).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import numpy as np

from media.net.buffers import SLOT_SIZE, Block
from media.net.srtp_run import make_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

VECTOR_SIZE: Final = 16
MESSAGE_SIZE: Final = 64
CONTROL: Final = struct.Struct("=QiiHxxxxxx")  # a `struct cmsghdr` with one 16-bit value
CONTROL_LENGTH: Final = 18
SOL_UDP: Final = 17
UDP_SEGMENT: Final = 103
MAX_SEGMENTS: Final = 16
"""Packets in one message; 16 slots are well within the 64 KiB of a datagram."""
MOST_SEGMENTED: Final = 1232
"""Bytes of a protected packet that fit into any link's frames (1280 with IPv6's header and UDP's, RFC 8200): of larger
ones the kernel refuses to make several."""
# Words of 64 bits of a `struct mmsghdr`.
NAME, NAME_LENGTH, VECTOR, VECTOR_COUNT, CONTROLS, CONTROLS_LENGTH = range(6)


def segments_of(lengths: Sequence[int]) -> list[tuple[int, int]]:
    """Which of the packets of these lengths may leave as one message: from one to before another.

    All are of one size but the last one, which may be shorter, as the last of a frame usually is.
    """
    segments: list[tuple[int, int]] = []
    first = 0
    for index in range(1, len(lengths) + 1):
        if (
            index == len(lengths)
            or index - first == MAX_SEGMENTS
            or not lengths[index] <= lengths[index - 1] == lengths[first] <= MOST_SEGMENTED
        ):
            segments.append((first, index))
            first = index
    return segments


class Messages:
    """`count` messages, each with the place for a segment size (UDP segmentation offload) that it may point to."""

    def __init__(self, count: int) -> None:
        self._block = Block(count * MESSAGE_SIZE)
        self.address = self._block.address
        self.view = self._block.view
        self.columns: NDArray[np.uint64] = np.frombuffer(self.view, np.uint64).reshape(count, 8)
        self._control_block = Block(count * CONTROL.size)
        for index in range(count):
            CONTROL.pack_into(self._control_block.view, index * CONTROL.size, CONTROL_LENGTH, SOL_UDP, UDP_SEGMENT, 0)
        self.segment_sizes: NDArray[np.uint16] = np.frombuffer(self._control_block.view, np.uint16)[
            8 :: CONTROL.size // 2
        ]
        self.controls = self._control_block.address + np.arange(count, dtype=np.uint64) * np.uint64(CONTROL.size)
        self.names = self.columns[:, NAME]
        self.name_lengths = self.columns[:, NAME_LENGTH]
        self.packets = self.columns[:, VECTOR_COUNT]
        """How many packets each of them carries."""


class Slots:
    """`count` packets, one a row: `bytes`, and the same memory as `words` of 16 and `doubles` of 32 bits."""

    def __init__(self, count: int) -> None:
        self._packets = Block(count * SLOT_SIZE)
        self.view = self._packets.view
        as_bytes = np.frombuffer(self.view, np.uint8)
        self.bytes = as_bytes.reshape(count, SLOT_SIZE)
        self.words = as_bytes.view(">u2").reshape(count, SLOT_SIZE // 2)
        self.doubles = as_bytes.view(">u4").reshape(count, SLOT_SIZE // 4)
        self._run = make_run(self._packets, count)
        self.contexts = self._run.contexts
        """The address of each packet's SRTP context."""
        self.lengths = self._run.lengths
        """Of the packets, before `protect` and after."""
        addresses = [self._packets.address + row * SLOT_SIZE for row in range(count)]
        self._vectors = Block(count * VECTOR_SIZE)
        vectors = np.frombuffer(self._vectors.view, np.uint64).reshape(count, 2)
        vectors[:, 0] = addresses
        self._vector_lengths = vectors[:, 1]
        self._vector_addresses = self._vectors.address + np.arange(count, dtype=np.uint64) * np.uint64(VECTOR_SIZE)
        self.messages = Messages(count)

    def protect(self, count: int) -> Sequence[int]:
        """Protect the first packets; which of them could not be."""
        failed = self._run.protect(count)
        self._vector_lengths[:count] = self.lengths[:count]
        return failed

    def some(self, rows: NDArray[np.intp], names: NDArray[np.uint64], name_lengths: NDArray[np.uint32]) -> int:
        """A message for each of these rows, to these addresses; how many."""
        columns = self.messages.columns[: len(rows)]
        columns[:, NAME] = names
        columns[:, NAME_LENGTH] = name_lengths
        columns[:, VECTOR] = self._vector_addresses[rows]
        columns[:, VECTOR_COUNT] = 1
        columns[:, CONTROLS:] = 0
        return len(rows)

    def segmented(
        self,
        segments: Sequence[tuple[int, int]],
        depth: int,
        names: NDArray[np.uint64],
        name_lengths: NDArray[np.uint32],
    ) -> int:
        """Messages to these addresses, each of which has `depth` rows, one after the other; how many.

        `segments` tells the packets, from one to before another, that leave as one message.
        """
        rows, count, messages = len(names) * depth, len(segments) * len(names), self.messages
        for index, (first, end) in enumerate(segments):
            which = slice(index, count, len(segments))
            columns = messages.columns[which]
            columns[:, NAME] = names
            columns[:, NAME_LENGTH] = name_lengths
            columns[:, VECTOR] = self._vector_addresses[first:rows:depth]
            columns[:, VECTOR_COUNT] = end - first
            if end - first > 1:
                columns[:, CONTROLS] = messages.controls[which]
                columns[:, CONTROLS_LENGTH] = CONTROL.size
                messages.segment_sizes[which] = self.lengths[first:rows:depth]
            else:
                columns[:, CONTROLS:] = 0
        return count
