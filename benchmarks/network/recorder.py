"""Makes a node record what it sends to each receiver and what it hears of it: by wrapping its methods, in its process.

`install` is called by `tap/sitecustomize.py`. Each transport with transport-wide feedback gets a file of steps
(`benchmarks.network.trace`) in the folder that is named, written each second.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from benchmarks.network.trace import US, Heard, Passed, Recorded, Sent
from media.send.downlink import Downlink
from media.send.transport_wide import MASK, RING

if TYPE_CHECKING:
    from media.send.send_history import SendHistory

FLUSH_US: Final = US


class _Record:
    """Of one transport."""

    def __init__(self, path: Path, history: SendHistory, now: float) -> None:
        self._path = path
        self._history = history
        self._zero_us = int(now * US)
        self._next = int(history._table.next[history.slot])  # noqa: SLF001
        self._total = history.sent_bytes
        self._left_us = 0
        self._recorded = Recorded(time.time(), [])
        self._steps = self._recorded.steps
        self._written_us = 0

    def at(self, now: float) -> int:
        """A moment in µs since the record began."""
        return int(now * US) - self._zero_us

    def note_sent(self) -> None:
        """What has been numbered since the last call and has left."""
        table, slot = self._history._table, self._history.slot  # noqa: SLF001
        step = Sent(self._next, [], [], [], [])
        upcoming = int(table.next[slot])
        self._next = step.first = max(self._next, upcoming - RING + 1)
        while self._next < upcoming:
            place = slot * RING + (self._next & MASK)
            left_us = int(table.sent_us[place]) - self._zero_us
            if left_us < self._left_us:
                break  # it has its number, but waits for the end of this wake-up
            size, total = int(table.sizes[place]), int(table.ring_totals[place])
            step.after_us.append(left_us - self._left_us)
            step.sizes.append(size)
            step.probes.append(int(table.marks[place]) >> 2)
            step.beside.append(total - size - self._total)
            self._left_us, self._total = left_us, total
            self._next += 1
        if step.sizes:
            self._steps.append(step)

    def heard(self, fci: bytes, now: float) -> None:
        """Feedback came."""
        self.note_sent()
        self._steps.append(Heard(self.at(now), fci))

    def passed(self, step: Passed) -> None:
        """A tick was taken; what it sent is noted later."""
        self._steps.append(step)
        if step.at_us - self._written_us >= FLUSH_US:
            self._written_us = step.at_us
            self.write()

    def write(self) -> None:
        """Write all steps so far."""
        encoded = msgspec.msgpack.encode(self._recorded)
        self._path.with_suffix(".part").write_bytes(encoded)
        self._path.with_suffix(".part").rename(self._path)


def install(folder: str) -> None:
    """Record all transports of this process into files of this folder."""
    records: dict[int, tuple[Any, _Record]] = {}
    heard, ticked = Downlink.on_transport_wide, Downlink.tick

    def record_of(downlink: Any, now: float) -> _Record | None:
        history = downlink._history  # noqa: SLF001
        if history is None or downlink.kind != "transport-cc":
            return None
        if id(downlink) not in records:
            records[id(downlink)] = downlink, _Record(Path(folder) / f"{len(records)}.steps", history, now)
        return records[id(downlink)][1]

    def on_transport_wide(self: Any, fci: bytes, now: float) -> None:
        record = record_of(self, now)
        if record is not None:
            record.heard(fci, now)
        heard(self, fci, now)

    def tick(self: Any, now: float, *, may_probe: bool = True) -> None:
        record = record_of(self, now)
        if record is None or not self._ticking or now < self._due:
            ticked(self, now, may_probe=may_probe)
            return
        record.note_sent()
        waiting_s = self._history.unacknowledged_since_s()
        step = Passed(record.at(now), self._history.sent_bytes, -1 if waiting_s is None else record.at(waiting_s))
        before = self._probe
        ticked(self, now, may_probe=may_probe)
        if self._probe is not None and self._probe is not before:
            step.probe = self._probe._probe.id  # noqa: SLF001
        step.wanted_bps, step.estimate_bps = self._sharing.wanted_bps, self.estimate_bps or 0
        record.passed(step)

    Downlink.on_transport_wide = on_transport_wide  # type: ignore[method-assign]
    Downlink.tick = tick  # type: ignore[method-assign]
