"""What a node sent to one receiver and what its browser said of it, as a file: recorded by a run, replayed by tests.

A trace is a list of steps in order of time. `Sent` are the numbered packets as columns, `Heard` one transport-wide
feedback packet as it came, `Passed` a tick of the node. `replay` hands them to the product's own parser, history and
estimator, so that another estimator can be judged by the same link.
"""

from __future__ import annotations

import lzma
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from media.bandwidth.estimator import NO_PROBE
from media.rtp.twcc import parse_feedback
from media.send.send_history import SendHistory
from media.send.transport_wide import MASK, RING, TransportWideTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from media.bandwidth.estimator import Estimator

US: Final = 1_000_000


class Sent(msgspec.Struct, tag="s", array_like=True):
    """Numbered packets: the first one's number, and of each when it left (µs since the one before), bytes, probe.

    `beside` are bytes of video that were sent without a number just before the packet.
    """

    first: int
    after_us: list[int]
    sizes: list[int]
    probes: list[int]
    beside: list[int]


class Heard(msgspec.Struct, tag="h", array_like=True):
    """Feedback as it came (`fci`), at this time in µs since the trace began."""

    at_us: int
    fci: bytes


class Passed(msgspec.Struct, tag="t", array_like=True):
    """A tick: all video sent so far, since when the oldest packet waits for feedback (-1: none does), what was wanted.

    `probe` is the number of the cluster that began with it, 0 for none; `estimate_bps` is what was estimated then.
    """

    at_us: int
    sent_bytes: int
    waiting_since_us: int
    wanted_bps: int = 0
    probe: int = 0
    estimate_bps: int = 0


Step = Sent | Heard | Passed


class Recorded(msgspec.Struct):
    """Steps as a node wrote them; `began_at` is their time 0 in seconds since 1970."""

    began_at: float
    steps: list[Step]


class Trace(msgspec.Struct):
    """`rates` are the bottleneck's bits/s from a time on, in seconds of the trace, if there is one; `loss` a share."""

    case: str
    what: str
    rates: list[tuple[float, float]]
    loss: float
    steps: list[Step]

    def save(self, path: Path) -> None:
        """Write it, compressed."""
        path.write_bytes(lzma.compress(msgspec.msgpack.encode(self), preset=9 | lzma.PRESET_EXTREME))

    @classmethod
    def load(cls, path: Path) -> Trace:
        """Read what `save` wrote."""
        return msgspec.msgpack.decode(lzma.decompress(path.read_bytes()), type=cls)


@dataclass
class Moment:
    """Where a replay is: seconds of the trace, the estimate, and the estimate when it was recorded."""

    at_s: float
    estimate_bps: int
    recorded_bps: int


def replay(trace: Trace, make: Callable[[float], Estimator]) -> Iterator[Moment]:
    """A moment for each tick. The estimator's own probes are taken to be those that were sent."""
    now = 0.0
    table = TransportWideTable(lambda: now, 1)
    history = SendHistory(table)
    estimator = make(0.0)
    probes = {NO_PROBE: NO_PROBE}
    sent_at_us = 0
    for step in trace.steps:
        match step:
            case Sent():
                sent_at_us = _put(table, history.slot, step, probes, sent_at_us)
            case Heard():
                now = step.at_us / US
                acknowledged = history.match(parse_feedback(step.fci))
                if acknowledged is not None:
                    estimator.on_feedback(acknowledged, now)
            case Passed():
                now = step.at_us / US
                waiting = None if step.waiting_since_us < 0 else step.waiting_since_us / US
                estimator.tick(now, step.sent_bytes, waiting)
                if step.probe:
                    probe = estimator.probe(now, step.wanted_bps)
                    if probe is not None:
                        probes[step.probe] = probe.id
                yield Moment(now, estimator.estimate_bps or 0, step.estimate_bps)


def _put(table: TransportWideTable, slot: int, sent: Sent, probes: dict[int, int], at_us: int) -> int:
    """Packets as if they had just been sent; when the last one left."""
    table.next[slot] = sent.first
    for index, after_us in enumerate(sent.after_us):
        number = sent.first + index
        at_us += after_us
        place = slot * RING + (number & MASK)
        table.totals[slot] += sent.beside[index] + sent.sizes[index]
        table.sent_us[place] = at_us
        table.sizes[place] = sent.sizes[index]
        table.ring_totals[place] = table.totals[slot]
        table.marks[place] = probes.get(sent.probes[index], NO_PROBE) << 2
        table.next[slot] = number + 1
    return at_us
