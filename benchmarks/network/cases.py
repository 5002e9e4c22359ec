"""The cases of the network benchmark as data: who is behind which link, for how long, and what is aimed at.

A delay is that of each direction, so a round trip takes twice as long. A case's time 0 is when its receiver joins.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

from benchmarks.link import Direction, Link, Steps

KBPS: Final = 1000.0
MBPS: Final = 1_000_000.0
# A usual way to a server: 20 ms each way.
NEAR_S: Final = 0.02


@dataclass(frozen=True)
class Aim:
    """A bound of one of a case's figures (`benchmarks.network.figures`); a figure that is not known misses it."""

    figure: str
    most: float | None = None
    least: float | None = None

    def met(self, value: float | None) -> bool:
        """Whether a figure is within the bounds."""
        if value is None:
            return False
        return (self.most is None or value <= self.most) and (self.least is None or value >= self.least)

    def __str__(self) -> str:
        bound = f"≤ {self.most:g}" if self.most is not None else f"≥ {self.least:g}"
        return f"{self.figure} {bound}"


@dataclass(frozen=True)
class Case:
    """`behind` says whose link it is; several receivers share its bottleneck. `download` are times, from and to.

    `layers` is how many spatial layers the receiver's tiles are worth. Several senders are replayed
    (`benchmarks.network.publishers`), a single one is a browser.
    """

    name: str
    what: str
    link: Link
    aims: tuple[Aim, ...]
    behind: Literal["receiver", "sender"] = "receiver"
    seconds: float = 30.0
    receivers: int = 1
    senders: int = 1
    layers: int = 3
    download: tuple[float, float] | None = None
    # VP9 and AV1 have all their layers in one stream (SVC).
    codec: Literal["VP8", "VP9", "AV1"] = "VP8"
    # Whether `tbf` of the kernel can play this link as well.
    steady: bool = False

    @property
    def direction(self) -> Direction:
        """The direction of the link that media takes."""
        return self.link.down if self.behind == "receiver" else self.link.up

    @property
    def drop_s(self) -> float | None:
        """When the rate falls."""
        return next((b[0] for a, b in self._steps if b[1] < a[1]), None)

    @property
    def lift_s(self) -> float | None:
        """When the rate rises."""
        return next((b[0] for a, b in self._steps if b[1] > a[1]), None)

    @property
    def trouble_ends_s(self) -> float | None:
        """When the network is back, or has moved."""
        ends = [*(ends for _, ends in self.direction.outages), *self.link.moves]
        return ends[0] if ends else None

    @property
    def _steps(self) -> list[tuple[tuple[float, float], tuple[float, float]]]:
        rates = self.direction.rate_bps
        return list(pairwise(rates))


SMOOTH: Final = (Aim("frozen_share", most=0.01), Aim("concealed_share", most=0.01))
FULL: Final = 1280.0


def both(direction: Direction, moves: tuple[float, ...] = ()) -> Link:
    """The same in both directions."""
    return Link(direction, direction, moves)


def narrow(rates: Steps, queue_s: float) -> Link:
    """A bottleneck on the way down, and a usual way up."""
    return Link(Direction(delay_s=NEAR_S), Direction(rate_bps=rates, queue_s=queue_s, delay_s=NEAR_S))


def _loss() -> list[Case]:
    cases = []
    for percent in (0, 2, 5, 10, 20):
        aims: tuple[Aim, ...] = ()
        if percent == 0:
            aims = (*SMOOTH, Aim("width", least=FULL))
        elif percent <= 5:
            aims = (Aim("longest_freeze_s", most=0.5),)
        if 0 < percent <= 10:
            aims = (*aims, Aim("concealed_share", most=0.03))
        link = both(Direction(loss=percent / 100, delay_s=0.1 if percent else NEAR_S))
        cases.append(Case(f"loss-{percent}", f"receiver loses {percent} % each way, 100 ms", link, aims))
        if percent:
            what = f"sender loses {percent} % each way, 100 ms"
            cases.append(Case(f"loss-{percent}-sender", what, link, aims, behind="sender"))
    return cases


def _delay() -> list[Case]:
    aims = (*SMOOTH, Aim("width", least=FULL))
    cases = [
        Case(f"delay-{ms}", f"{ms} ms each way", both(Direction(delay_s=ms / 1000)), aims) for ms in (50, 100, 200, 300)
    ]
    jitter = Direction(delay_s=NEAR_S, jitter_s=0.03)
    reordering = Direction(delay_s=NEAR_S, jitter_s=0.03, reorders=True)
    return [
        *cases,
        Case("jitter-30", "30 ms of jitter", both(jitter), aims),
        Case("jitter-30-reordering", "30 ms of jitter that reorders", both(reordering), aims),
    ]


def _steady() -> list[Case]:
    cases = []
    for name, rate in (("300k", 0.3), ("500k", 0.5), ("1m", 1), ("2m", 2), ("4m", 4)):
        for buffer, queue_s in (("100ms", 0.1), ("1s", 1.0)):
            what = f"{rate:g} Mbit/s, {buffer} of buffer"
            link = narrow(((0, rate * MBPS),), queue_s)
            # From 2 Mbit/s on the camera's whole picture fits, and takes what it takes.
            best = Aim("used", least=0.85) if rate < 2 else Aim("width", least=FULL)
            aims = (*SMOOTH, best)
            cases.append(Case(f"steady-{name}-{buffer}", what, link, aims, steady=True))
    return cases


def _layered() -> list[Case]:
    aims = (*SMOOTH, Aim("used", least=0.85))
    what = "0.5 Mbit/s, 100 ms of buffer, VP9 with its layers in one stream"
    return [Case("svc-500k", what, narrow(((0, 0.5 * MBPS),), 0.1), aims, codec="VP9")]


def _changing() -> list[Case]:
    rates = ((0, 3 * MBPS), (15, 500 * KBPS), (30, 3 * MBPS))
    aims = (
        *SMOOTH,
        Aim("down_s", most=2.0),
        Aim("freezes_at_drop", most=1),
        Aim("full_again_s", most=10.0),
    )
    what = "3 Mbit/s, 500 kbit/s from 15 to 30 s, 300 ms of buffer"
    return [Case("drop-and-return", what, narrow(rates, 0.3), aims, seconds=45)]


def _shared() -> list[Case]:
    two = narrow(((0, 2 * MBPS),), 0.3)
    beside = narrow(((0, 3 * MBPS),), 0.3)
    four = narrow(((0, 1.5 * MBPS),), 0.3)
    upward = Link(Direction(rate_bps=((0, 500 * KBPS),), queue_s=0.3, delay_s=NEAR_S), Direction(delay_s=NEAR_S))
    fair = (*SMOOTH, Aim("fairness", least=0.8))
    used = (*SMOOTH, Aim("used", least=0.85))
    return [
        Case("two-share-2m", "two receivers share 2 Mbit/s", two, fair, receivers=2, seconds=40),
        Case("sender-500k", "sender behind 500 kbit/s", upward, SMOOTH, behind="sender"),
        Case("download-3m", "3 Mbit/s, a TCP download beside", beside, SMOOTH, download=(10, 30), seconds=40),
        Case(
            "four-to-one-1.5m", "four senders, receiver behind 1.5 Mbit/s", four, used, senders=4, layers=2, seconds=40
        ),
    ]


def _moving() -> list[Case]:
    near = Direction(delay_s=NEAR_S)
    away = Direction(delay_s=NEAR_S, outages=((12, 22),))
    back = (Aim("back_s", most=3.0),)
    return [
        Case("move", "receiver's address changes", both(near, moves=(12,)), back),
        Case("move-sender", "sender's address changes", both(near, moves=(12,)), back, behind="sender"),
        Case("outage-10", "receiver 10 s without network", both(away), back, seconds=40),
        Case("outage-10-sender", "sender 10 s without network", both(away), back, behind="sender", seconds=40),
    ]


CASES: Final = (*_loss(), *_delay(), *_steady(), *_layered(), *_changing(), *_shared(), *_moving())
