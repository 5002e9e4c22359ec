"""Transport-wide sequence numbers of all that an SFU sends, as columns: one row a transport, one ring of its packets.

The numbers stand in a header extension (draft-holmer-rmcat-transport-wide-cc-extensions-01) for which each canonical
video packet keeps room. Where a packet gets no number, the room stays zero, which is padding (RFC 8285 section 4.2), so
that all receivers' packets have one layout. `SendHistory` (`send_history.py`) is one transport's view.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from media.bandwidth.estimator import NO_PROBE
from media.rtp.packet import HEADER
from media.send.sampling import Sampling

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

RING: Final = 1024
"""Packets that one transport's history remembers, a power of two: a second at 10 Mbit/s, in 18 KiB."""
MASK: Final = RING - 1
WIRE_OVERHEAD: Final = 44
"""Bytes that SRTP (16 with AEAD), UDP and IPv4 add to an RTP packet."""
UNNUMBERED_SLOT: Final = 0
"""The row of all destinations that have no history of their own; nobody reads it."""
FEW: Final = 4
"""Up to so many rows of a batch are numbered sooner one by one: numpy takes as long for one as for fifty."""
TICK_S: Final = 0.02
LOOKED_AT_EACH_S: Final = 0.5
"""So often it is looked at all calm transports."""
MISSING_AFTER_S: Final = 0.35
"""Chromium gives feedback at least each 0.25 s: what is later is a cause to look closely."""
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
        self._watched: dict[int, Callable[[], None]] = {}
        self._looked_at = clock()
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
        self.reported = np.zeros(rows, np.int64)
        """Feedback has told of all numbers before this one."""
        self.seen = np.zeros(rows, np.int64)
        """`totals` when it was looked at calm transports the last time."""
        self.most = np.zeros(rows, np.float64)
        """Bytes a second that a calm transport may send before it is called; 0 where it isn't looked at."""
        # The same memory, for one packet: numpy takes twice as long for one element.
        self._each_on: memoryview[int] = self.on.data
        self._each_next: memoryview[int] = self.next.data
        self._each_total: memoryview[int] = self.totals.data
        self._each_probing: memoryview[int] = self.probing.data
        self._each_size: memoryview[int] = self.sizes.data
        self._each_ring_total: memoryview[int] = self.ring_totals.data
        self._each_mark: memoryview[int] = self.marks.data

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
        self.unwatch(slot)
        self.on[slot] = self.totals[slot] = self.next[slot] = self.probing[slot] = self.reported[slot] = 0
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

    def watch(self, slot: int, most_bps: float, wake: Callable[[], None]) -> None:
        """Call a calm transport when it sends more than so many bits/s, or misses feedback, until `unwatch`."""
        if slot not in self._watched:
            self.seen[slot] = self.totals[slot]
        self._watched[slot] = wake
        self.most[slot] = max(1.0, most_bps / 8)

    def unwatch(self, slot: int) -> None:
        """Stop that; others are ignored."""
        if self._watched.pop(slot, None) is not None:
            self.most[slot] = 0

    def tick(self, now: float) -> bool:
        """Choose whose packets are numbered until the next call, 20 ms later; whether there is anybody."""
        self._sampling.step(self.on, self.next)
        if self._watched and now - self._looked_at >= LOOKED_AT_EACH_S:
            self._look(now)
        return bool(self._sampling.numbered)

    def _look(self, now: float) -> None:
        """Call those calm transports for which something may have changed: all are looked at at once."""
        passed, self._looked_at = min(now - self._looked_at, 2 * LOOKED_AT_EACH_S), now
        slots = np.flatnonzero(self.most)
        totals, following = self.totals[slots], self.next[slots]
        more = totals - self.seen[slots] > passed * self.most[slots]
        self.seen[slots] = totals
        reported = np.maximum(self.reported[slots], following - RING)
        sent_us = self.sent_us[slots * RING + (reported & MASK)]
        misses = (reported < following) & (sent_us < (now - MISSING_AFTER_S) * 1_000_000)
        for slot in slots[more | misses].tolist():
            self._watched[slot]()

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
        if len(chosen) <= FEW:
            return self._number_few(target, at, chosen.tolist(), slots, size, one_byte=one_byte)
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

    def _number_few(
        self,
        target: NDArray[np.uint8],
        at: int,
        rows: list[int],
        slots: NDArray[np.intp],
        size: int,
        *,
        one_byte: bool,
    ) -> NDArray[np.intp]:
        """Number one packet to a few receivers, whose bytes are counted already."""
        head = self.heads[one_byte]
        cells, places = target.data, []
        for row in rows:
            slot = int(slots[row])
            number = self._each_next[slot]
            self._each_next[slot] = number + 1
            for index, byte in enumerate(head, at - len(head)):
                cells[row, index] = byte
            cells[row, at] = number >> 8 & 0xFF
            cells[row, at + 1] = number & 0xFF
            place = slot * RING + (number & MASK)
            self._each_size[place] = size
            self._each_ring_total[place] = self._each_total[slot] & 0xFFFFFFFF
            self._each_mark[place] = self._each_probing[slot] << 2
            places.append(place)
        return np.array(places, np.intp)

    def number(self, view: memoryview, start: int, at: int, slot: int, length: int) -> int:
        """Number one packet that begins at `view[start]`, with room at `start + at`; its place in the ring, or -1."""
        size = length + WIRE_OVERHEAD
        total = self._each_total[slot] + size
        self._each_total[slot] = total
        if not self._each_on[slot]:
            return -1
        number = self._each_next[slot]
        self._each_next[slot] = number + 1
        head = self.heads[view[start + HEADER.size] == ONE_BYTE_FORM]
        position = start + at
        view[position - len(head) : position] = head
        view[position : position + 2] = (number & 0xFFFF).to_bytes(2, "big")
        place = slot * RING + (number & MASK)
        self._each_size[place] = size
        self._each_ring_total[place] = total & 0xFFFFFFFF
        self._each_mark[place] = self._each_probing[slot] << 2
        return place

    def stamp(self, places: NDArray[np.intp] | list[int], sent_us: int) -> None:
        """The packets at these places left."""
        self.sent_us[places] = sent_us
