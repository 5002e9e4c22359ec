"""Packets that wait one by one, in fixed memory, until they are numbered, protected, and arranged as messages.

Those to one receiver that are alike in size leave as one message, which the kernel splits again (UDP segmentation
offload): a frame's packets to the few people of a small room, and all that came at once of several senders.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from media.net.buffers import SLOT_SIZE, Block
from media.net.srtp_run import make_run
from media.send.slots import CONTROL, MESSAGE_SIZE, VECTOR_SIZE, Messages, segments_of

if TYPE_CHECKING:
    from media.net.buffers import SocketAddress
    from media.send.egress import Target
    from media.send.transport_wide import TransportWideTable

# Of `struct iovec`: address and length; of `struct mmsghdr`: name, its length, vectors, how many, control data, its
# length (LP64).
_pack_vector = struct.Struct("=QQ").pack_into
_pack_message = struct.Struct("=QQQQQQ").pack_into
ALONE: Final = [(0, 1)]


class Singles:
    """At most `count` packets, each to a receiver of its own choice.

    The next one is written to `view[len(self) * SLOT_SIZE:]`, and then `add`ed.
    """

    def __init__(self, count: int) -> None:
        self._packets = Block(count * SLOT_SIZE)
        self.view = self._packets.view
        self._addresses = [self._packets.address + row * SLOT_SIZE for row in range(count)]
        self._run = make_run(self._packets, count)
        # The same memory, for one packet: numpy takes twice as long for one element.
        self._lengths: memoryview[int] = self._run.lengths.data
        self._contexts: memoryview[int] = self._run.contexts.data
        self._vectors = Block(count * VECTOR_SIZE)
        self.messages = Messages(count)
        self._controls: list[int] = self.messages.controls.tolist()
        # Of each row the receiver; of those with a transport-wide number row, place and owner.
        self._receivers: list[SocketAddress] = []
        self._numbered: list[tuple[int, int, int]] = []
        # Whose addresses the messages point to.
        self._leaving: list[SocketAddress] = []

    def __len__(self) -> int:
        """Packets that wait."""
        return len(self._receivers)

    def add(self, destination: Target, length: int, number_at: int) -> None:
        """One more packet was written; at `number_at` it has room for a transport-wide number, -1 for none."""
        row = len(self._receivers)
        self._receivers.append(destination.socket_address)
        self._contexts[row] = destination.context
        self._lengths[row] = length
        if number_at >= 0:
            self._numbered.append((row, number_at, destination.slot))

    def take(self, numbers: TransportWideTable, *, whole: bool) -> tuple[int, int]:
        """Make messages of all that waits, of several packets if `whole`: how many, and of how many packets.

        What could not be protected is left out: it must not leave as plain text. Nothing waits any more whatever
        happens: what is protected twice is plain text again.
        """
        receivers, self._receivers = self._receivers, []
        numbered, self._numbered = self._numbered, []
        self._leaving = receivers
        if numbered:
            self._number(numbered, numbers)
        failed = frozenset(self._run.protect(len(receivers)))
        rows_of: dict[SocketAddress, list[int]] = {}
        for row, receiver in enumerate(receivers):
            if not failed or row not in failed:
                rows = rows_of.get(receiver)
                if rows is None:
                    rows_of[receiver] = [row]
                else:
                    rows.append(row)
        return self._arrange(rows_of, whole=whole)

    def _number(self, numbered: list[tuple[int, int, int]], numbers: TransportWideTable) -> None:
        """Numbers go by the order in which packets leave, so what waits has none."""
        view, lengths = self.view, self._lengths
        places: list[int] = []
        for row, at, slot in numbered:
            place = numbers.number(view, row * SLOT_SIZE, at, slot, lengths[row])
            if place >= 0:
                places.append(place)
        if places:
            numbers.stamp(places, numbers.now_us())

    def _arrange(self, rows_of: dict[SocketAddress, list[int]], *, whole: bool) -> tuple[int, int]:
        """Messages to each receiver of its rows, in order."""
        addresses, lengths, vectors, messages = self._addresses, self._lengths, self._vectors, self.messages
        vector = message = 0
        for receiver, rows in rows_of.items():
            if len(rows) == 1:
                segments = ALONE
            elif whole:
                segments = segments_of([lengths[row] for row in rows])
            else:
                segments = [(index, index + 1) for index in range(len(rows))]
            for first, end in segments:
                control = control_length = 0
                if end - first > 1:
                    control, control_length = self._controls[message], CONTROL.size
                    messages.segment_sizes[message] = lengths[rows[first]]
                _pack_message(
                    messages.view,
                    message * MESSAGE_SIZE,
                    receiver.address,
                    receiver.length,
                    vectors.address + vector * VECTOR_SIZE,
                    end - first,
                    control,
                    control_length,
                )
                for index in range(first, end):
                    row = rows[index]
                    _pack_vector(vectors.view, vector * VECTOR_SIZE, addresses[row], lengths[row])
                    vector += 1
                message += 1
        return message, vector
