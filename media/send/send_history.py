"""One transport's row of the table of transport-wide numbers: feedback is joined with what was sent."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from media.bandwidth.estimator import Acknowledged
from media.rtp.twcc import REFERENCE_US
from media.send.transport_wide import MASK, RING

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from media.rtp.twcc import TransportFeedback
    from media.send.transport_wide import TransportWideTable

TOLD_LOST: Final = 1
TOLD_ARRIVED: Final = 2
TOLD: Final = 3


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
        # Feedback counts from this number on, and has told of all before `reported` of the table.
        self._first = int(table.next[self.slot])
        table.reported[self.slot] = self._first
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

    def watch(self, most_bps: float, wake: Callable[[], None]) -> None:
        """Call `wake` when more than so many bits/s are sent, or feedback is missing, until `unwatch`."""
        self._table.watch(self.slot, most_bps, wake)

    def unwatch(self) -> None:
        """Stop that. Idempotent."""
        self._table.unwatch(self.slot)

    def begin_probe(self, probe_id: int) -> None:
        """Number all that is sent from now on, as packets of this cluster; `NO_PROBE` for its end."""
        self._table.set_probe(self.slot, probe_id)

    def unacknowledged_since_s(self) -> float | None:
        """When the oldest packet was sent that is newer than all that feedback told of; None if there is none."""
        table, slot = self._table, self.slot
        upcoming = int(table.next[slot])
        reported = max(int(table.reported[slot]), upcoming - RING)
        if reported >= upcoming:
            return None
        return int(table.sent_us[slot * RING + (reported & MASK)]) / 1e6

    def forget(self) -> None:
        """Ignore feedback about all that was sent until now: it went another way."""
        self._first = int(self._table.next[self.slot])
        self._table.reported[self.slot] = self._first
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
        table.reported[self.slot] = max(table.reported[self.slot], end)
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
