"""Whose packets are numbered at the moment: of attentive and probing transports all, of the calm ones a sample.

Of a few calm ones all are, too. What a tick costs goes by what changes in it, and not by how many transports there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SOME: Final = 50
"""Of so many calm transports one begins a sample in each tick of 20 ms, of more fewer, of 100 one in two ticks: what
feedback about them costs is bounded."""
LEAST_PERIOD: Final = 5
MOST_PERIOD: Final = 200
"""Ticks between two samples of one calm transport, by how many there are: a tenth of one to four seconds."""
SAMPLE_PACKETS: Final = 3
SAMPLE_TICKS: Final = 6
"""A sample ends with the tick in which it has so many packets, a picture or some, or after so many ticks."""
FEW: Final = 5
"""So few calm transports are numbered throughout: feedback about them costs little, and what changes on a link between
two samples would be seen a tenth of a second later, or two."""
SPREAD: Final = 11
"""Ticks by which the periods of neighbours differ, so that not all receivers' feedback comes at once."""
TOGETHER: Final = 5
"""Where many are calm samples begin only in each so many ticks: to number a packet costs little more for some than for
one, and packets of which none is numbered cost nothing."""
MANY_TICKS: Final = 50
"""That is where there are so many ticks between two samples."""
AROUND: Final = 4
"""So many of those ticks are looked at for the one in which the fewest begin."""


class Sampling:
    """Of one table, whose rows are transports; `on` and `following` are columns: 1 for numbered ones, the next numbers.

    A change counts from the next tick on, unless it begins something.
    """

    __slots__ = (
        "_calendar",
        "_calm",
        "_changed",
        "_due",
        "_probing",
        "_running",
        "_tick",
        "attentive",
        "numbered",
        "period",
    )

    def __init__(self) -> None:
        self.numbered: set[int] = set()
        self.attentive: set[int] = set()
        self.period = LEAST_PERIOD
        self._probing: set[int] = set()
        self._calm: set[int] = set()
        self._changed: set[int] = set()
        self._tick = 0
        # The tick of a row's next sample, and who is looked at in a tick, out of date maybe.
        self._due: dict[int, int] = {}
        self._calendar: dict[int, set[int]] = {}
        # The tick and the number that end a row's current sample.
        self._running: dict[int, tuple[int, int]] = {}

    def set_numbered(self, slot: int, on: NDArray[np.uint8], *, numbered: bool, attentive: bool) -> None:
        """Whether packets get numbers, and whether all of them do or a sample."""
        if numbered is (slot in self.numbered) and attentive is (slot in self.attentive):
            return
        _put(self.numbered, slot, present=numbered)
        if attentive and numbered and slot not in self.attentive:
            on[slot] = 1
        _put(self.attentive, slot, present=attentive)
        self._note(slot)

    def set_probing(self, slot: int, on: NDArray[np.uint8], *, probing: bool) -> None:
        """Whether packets are those of a probe, all of which are numbered."""
        if probing is (slot in self._probing):
            return
        _put(self._probing, slot, present=probing)
        if probing and slot in self.numbered:
            on[slot] = 1
        self._note(slot)

    def forget(self, slot: int) -> None:
        """A row is given back."""
        for rows in (self.numbered, self.attentive, self._probing, self._calm, self._changed):
            rows.discard(slot)
        self._due.pop(slot, None)
        self._running.pop(slot, None)

    def _note(self, slot: int) -> None:
        calm = slot in self.numbered and slot not in self.attentive and slot not in self._probing
        _put(self._calm, slot, present=calm)
        self._changed.add(slot)
        if calm:
            self._look(slot, max(self._tick + 1, self._due.get(slot, 0)))

    def _looked_at(self, tick: int) -> int:
        """How many are looked at in a tick."""
        return len(self._calendar.get(tick, ()))

    def _look(self, slot: int, tick: int) -> None:
        self._calendar.setdefault(tick, set()).add(slot)

    def step(self, on: NDArray[np.uint8], following: NDArray[np.int64]) -> None:
        """A tick has passed."""
        self._tick = tick = self._tick + 1
        calm = self._calm
        count = len(calm)
        self.period = min(MOST_PERIOD, max(LEAST_PERIOD, count + 2 * max(0, count - SOME)))
        few = count <= FEW
        for slot in self._changed:
            if slot in calm or slot not in self.numbered:
                on[slot] = slot in calm and (few or slot in self._running)
        self._changed.clear()
        for slot, (end, enough) in list(self._running.items()):
            if tick >= end or following[slot] >= enough:
                del self._running[slot]
                if slot in calm and not few:
                    on[slot] = 0
        for slot in sorted(self._calendar.pop(tick, ())):
            if slot in calm and self._due.get(slot, 0) <= tick:
                self._begin(slot, int(following[slot]))
                on[slot] = 1

    def _begin(self, slot: int, number: int) -> None:
        tick, period = self._tick, self.period
        length = min(SAMPLE_TICKS, period - 2)
        spread = min(SPREAD, 2 * (period - length) - 1)
        due = tick + period - spread // 2 + slot % spread
        if period >= MANY_TICKS:
            first = due - due % TOGETHER - TOGETHER
            due = min(range(first, first + AROUND * TOGETHER, TOGETHER), key=self._looked_at)
        self._due[slot] = due
        self._look(slot, due)
        self._running[slot] = (tick + length, number + SAMPLE_PACKETS)


def _put(rows: set[int], slot: int, *, present: bool) -> None:
    """Have a row in a set, or not."""
    if present:
        rows.add(slot)
    else:
        rows.discard(slot)
