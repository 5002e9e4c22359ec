"""Transport-wide sequence numbers of all that an SFU sends, as columns: one row a transport, one ring of its packets.

The numbers stand in a header extension (draft-holmer-rmcat-transport-wide-cc-extensions-01) for which each canonical
video packet keeps room. Where a packet gets no number, the room stays zero, which is padding (RFC 8285 section 4.2), so
that all receivers' packets have one layout. `SendHistory` is one transport's view, which feedback is joined with.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from media.bandwidth.estimator import NO_PROBE, Acknowledged
from media.rtp.packet import HEADER
from media.rtp.twcc import REFERENCE_US
from media.send.sampling import Sampling

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from media.rtp.twcc import TransportFeedback

RING: Final = 1024
"""Packets that one transport's history remembers, a power of two: a second at 10 Mbit/s, in 18 KiB."""
MASK: Final = RING - 1
WIRE_OVERHEAD: Final = 44
"""Bytes that SRTP (16 with AEAD), UDP and IPv4 add to an RTP packet."""
UNNUMBERED_SLOT: Final = 0
"""The row of all destinations that have no history of their own; nobody reads it."""
TICK_S: Final = 0.02
TOLD_LOST: Final = 1
TOLD_ARRIVED: Final = 2
TOLD: Final = 3
ONE_BYTE_FORM: Final = 0xBE
"""First byte of an extension block in the one-byte form (RFC 8285 section 4.2)."""


def element_head(identifier: int, *, one_byte: bool) -> bytes:
    """What stands before the two bytes of a number in its extension element."""
    return bytes([identifier << 4 | 1]) if one_byte else bytes([identifier, 2])


class TransportWideTable:
    """Of one SFU. `clock` tells when packets leave; `tick` chooses whose packets are numbered for the next 20 ms.

    `on_numbering` hears when there is somebody whose packets may be numbered: `tick` is to be called then, until it
    returns False.
    """

    def __init__(
        self, clock: Callable[[], float], identifier: int = 0, on_numbering: Callable[[], None] | None = None
    ) -> None:
        self._clock = clock
        self._on_numbering = on_numbering
        self._sampling = Sampling()
        self._free: list[int] = []
        self._count = 1
        # The head of the extension element, alike for all receivers of a router and of all routers.
        self.heads = {one_byte: element_head(identifier, one_byte=one_byte) for one_byte in (True, False)}
        self._make_columns(16)

    def _make_columns(self, rows: int) -> None:
        self.on = np.zeros(rows, np.uint8)
        """1 where packets get numbers at the moment."""
        self.probing = np.zeros(rows, np.int32)
        """`Probe.id` of the cluster that packets belong to at the moment, else `NO_PROBE`."""
        self.next = np.zeros(rows, np.int64)
        """The next number, without wrap-around."""
        self.totals = np.zeros(rows, np.int64)
        """Bytes of video sent, numbered or not."""
        self.sent_us = np.zeros(rows * RING, np.int64)
        self.sizes = np.zeros(rows * RING, np.uint16)
        self.ring_totals = np.zeros(rows * RING, np.uint32)
        """`totals` just after the packet, modulo 2**32."""
        self.marks = np.zeros(rows * RING, np.int32)
        """Four times the probe's id, plus what feedback has told: `TOLD_LOST`, `TOLD_ARRIVED`."""

    def _grow(self) -> None:
        before, rows = dict(vars(self)), len(self.on)
        self._make_columns(2 * rows)
        # Only rings in which something stands: what is never written takes no memory.
        places = [slice(slot * RING, (slot + 1) * RING) for slot in np.flatnonzero(before["next"]).tolist()]
        for name, column in before.items():
            if isinstance(column, np.ndarray):
                for place in [slice(0, rows)] if len(column) == rows else places:
                    getattr(self, name)[place] = column[place]

    def open(self) -> int:
        """A free row, for packets without numbers until `numbered` says otherwise."""
        if self._free:
            return self._free.pop()
        if self._count == len(self.on):
            self._grow()
        self._count += 1
        return self._count - 1

    def close(self, slot: int) -> None:
        """Give a row back."""
        self._sampling.forget(slot)
        self.on[slot] = self.totals[slot] = self.next[slot] = self.probing[slot] = 0
        self._free.append(slot)

    def set_numbered(self, slot: int, *, numbered: bool, attentive: bool) -> None:
        """Whether a row's packets get numbers, and whether all of them do or a sample."""
        before = bool(self._sampling.numbered)
        self._sampling.set_numbered(slot, self.on, numbered=numbered, attentive=attentive)
        if numbered and not before and self._on_numbering is not None:
            self._on_numbering()

    def attentive(self, slot: int) -> bool:
        """Whether all of a row's packets are numbered."""
        return slot in self._sampling.attentive

    def set_probe(self, slot: int, probe_id: int) -> None:
        """Which cluster a row's packets belong to from now on; `NO_PROBE` for none."""
        self.probing[slot] = probe_id
        self._sampling.set_probing(slot, self.on, probing=probe_id != NO_PROBE)

    def tick(self, _now: float) -> bool:
        """Choose whose packets are numbered until the next call, 20 ms later; whether there is anybody."""
        self._sampling.step(self.on, self.next)
        return bool(self._sampling.numbered)

    @property
    def sampled_s(self) -> float:
        """Seconds between two samples of one calm transport: the more there are, the longer."""
        return self._sampling.period * TICK_S

    def report(self, now: float) -> None:
        """Nothing is due once a second."""

    def now_us(self) -> int:
        """This moment in µs, as send times are kept."""
        return int(self._clock() * 1_000_000)

    def number_rows(
        self, target: NDArray[np.uint8], at: int, slots: NDArray[np.intp], length: int, *, one_byte: bool
    ) -> NDArray[np.intp] | None:
        """Number one packet to many receivers, in the rows of `target`; where in the rings, for `stamp`."""
        size = length + WIRE_OVERHEAD
        totals = self.totals[slots] + size
        self.totals[slots] = totals
        chosen = np.flatnonzero(self.on[slots])
        if not len(chosen):
            return None
        slots = slots[chosen]
        numbers = self.next[slots]
        self.next[slots] = numbers + 1
        for index, byte in enumerate(reversed(self.heads[one_byte]), 1):
            target[chosen, at - index] = byte
        target[chosen, at] = numbers >> 8
        target[chosen, at + 1] = numbers
        places: NDArray[np.intp] = slots * RING + (numbers & MASK)
        self.sizes[places] = size
        self.ring_totals[places] = totals[chosen]
        self.marks[places] = self.probing[slots] << 2
        return places

    def number(self, view: memoryview, start: int, at: int, slot: int, length: int) -> int:
        """Number one packet that begins at `view[start]`, with room at `start + at`; its place in the ring, or -1."""
        size = length + WIRE_OVERHEAD
        total = int(self.totals[slot]) + size
        self.totals[slot] = total
        if not self.on[slot]:
            return -1
        number = int(self.next[slot])
        self.next[slot] = number + 1
        head = self.heads[view[start + HEADER.size] == ONE_BYTE_FORM]
        position = start + at
        view[position - len(head) : position] = head
        view[position : position + 2] = (number & 0xFFFF).to_bytes(2, "big")
        place = slot * RING + (number & MASK)
        self.sizes[place] = size
        self.ring_totals[place] = total & 0xFFFFFFFF
        self.marks[place] = self.probing[slot] << 2
        return place

    def stamp(self, places: NDArray[np.intp] | list[int], sent_us: int) -> None:
        """The packets at these places left."""
        self.sent_us[places] = sent_us


def _spans(slot: int, first: int, end: int) -> list[slice]:
    """Where the packets from `first` to `end` of a transport are in the ring columns: in one place or two."""
    start, stop, offset = first & MASK, (first & MASK) + end - first, slot * RING
    if stop <= RING:
        return [slice(offset + start, offset + stop)]
    return [slice(offset + start, offset + RING), slice(offset, offset + stop - RING)]


def _read(column: NDArray[Any], spans: list[slice]) -> list[int]:
    found: list[int] = column[spans[0]].tolist()
    return found + column[spans[1]].tolist() if len(spans) > 1 else found


class SendHistory:
    """One transport's row of the table: what it sent, and what became of it by its receiver's feedback."""

    def __init__(self, table: TransportWideTable) -> None:
        self._table = table
        self.slot = table.open()
        self._closed = False
        # Feedback counts from this number on, and has told of all before `_reported`.
        self._first = int(table.next[self.slot])
        self._reported = self._first
        # The newest feedback's reference time without wrap-around.
        self._reference: int | None = None

    @property
    def sent_bytes(self) -> int:
        """Bytes of video on the wire so far, numbered or not."""
        return int(self._table.totals[self.slot])

    def set_numbered(self, *, numbered: bool, attentive: bool) -> None:
        """Whether packets get numbers, and whether all of them do or a sample."""
        self._table.set_numbered(self.slot, numbered=numbered, attentive=attentive)

    @property
    def attentive(self) -> bool:
        """Whether all packets are numbered."""
        return self._table.attentive(self.slot)

    def begin_probe(self, probe_id: int) -> None:
        """Number all that is sent from now on, as packets of this cluster; `NO_PROBE` for its end."""
        self._table.set_probe(self.slot, probe_id)

    def unacknowledged_since_s(self) -> float | None:
        """When the oldest packet was sent that is newer than all that feedback told of; None if there is none."""
        reported = max(self._reported, int(self._table.next[self.slot]) - RING)
        if reported >= self._table.next[self.slot]:
            return None
        return int(self._table.sent_us[self.slot * RING + (reported & MASK)]) / 1e6

    def forget(self) -> None:
        """Ignore feedback about all that was sent until now: it went another way."""
        self._first = self._reported = int(self._table.next[self.slot])
        self._reference = None

    def match(self, feedback: TransportFeedback) -> Acknowledged | None:
        """The packets that feedback tells something new about; None for none.

        Numbers that were never given, or too long ago, are left out, and so are packets that were reported as arrived
        before and losses that were reported before.
        """
        table = self._table
        upcoming = int(table.next[self.slot])
        oldest = max(self._first, upcoming - RING + 1)
        base = upcoming - 1 - ((upcoming - 1 - feedback.base) & 0xFFFF)
        first, end = max(base, oldest), min(base + len(feedback.arrived_at_us), upcoming)
        if first >= end:
            return None
        self._reported = max(self._reported, end)
        reference_us = self._reference_us(feedback.reference)
        ring = _spans(self.slot, first, end)
        totals = _read(table.ring_totals, _spans(self.slot, first - 1, end))
        # Few rows are the rule, so lists are quicker than columns.
        unnumbered: list[int] = []
        sent = Acknowledged([], [], [], [], unnumbered)
        sent_at_s, arrived_at_s, sizes, probe_ids, _ = sent
        marks = _read(table.marks, ring)
        before = totals[0]
        for index, (at_us, arrived_us, size, total, mark) in enumerate(
            zip(
                _read(table.sent_us, ring),
                feedback.arrived_at_us[first - base : end - base],
                _read(table.sizes, ring),
                totals[1:],
                marks,
                strict=True,
            )
        ):
            told = TOLD_LOST if math.isnan(arrived_us) else TOLD_ARRIVED
            if mark & TOLD < told:
                sent_at_s.append(at_us / 1e6)
                arrived_at_s.append((arrived_us + reference_us) / 1e6)
                sizes.append(size)
                probe_ids.append(mark >> 2)
                # Of the packet before the oldest one nothing is known.
                known = index or first > oldest
                unnumbered.append(total - size - before & 0xFFFFFFFF if known else 0)
                marks[index] = mark | told
            before = total
        if not sizes:
            return None
        done = 0
        for span in ring:
            more = done + span.stop - span.start
            table.marks[span] = marks[done:more]
            done = more
        return sent

    def _reference_us(self, reference: int) -> int:
        """The reference time (24 bits of 64 ms) without wrap-around, in µs."""
        last = self._reference
        if last is not None:
            reference = last + ((reference - last + 0x800000) & 0xFFFFFF) - 0x800000
        self._reference = reference
        return reference * REFERENCE_US

    def close(self) -> None:
        """Give the row back. Idempotent."""
        if not self._closed:
            self._closed = True
            self._table.close(self.slot)
