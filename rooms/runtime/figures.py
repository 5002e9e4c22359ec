"""What a direction of somebody's media comes to in a span of time, and what is wrong with it. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from rooms.protocol import DirectionReport

Direction = Literal["up", "down"]
Trouble = Literal["loss", "delay", "freezes", "audio", "cpu", "bandwidth", "reduced"]

# From here on something is a trouble. Shares are of 0 to 1.
LOSSY: Final = 0.05
# What people notice in a conversation (ITU-T G.114 calls 400 ms one way the limit for planning).
SLOW_MS: Final = 400.0
# Pictures that stood still for so long within half a minute.
FROZEN_MS: Final = 1000.0
CONCEALED: Final = 0.05
# A limit that counts has lasted for half of the time.
LIMITED: Final = 0.5


@dataclass(frozen=True)
class Figures:
    """None where nobody knows. Shares are from 0 to 1.

    `loss` is of packets before they were sent again; `estimate_bps` what the link is thought to carry; `layer` the
    highest spatial layer that is forwarded; `reduced` for how much of the time it was below what the page asked for;
    `concealed` the sound that was made up, `dropped` the pictures that were not shown; `cpu_limited` and
    `bandwidth_limited` for how much of the time the browser sent less because of that; `by_tcp` for how much of it
    media came or went by TCP, because the participant's network lets no UDP through.
    """

    round_trip_ms: float | None = None
    loss: float | None = None
    jitter_ms: float | None = None
    bitrate_bps: float | None = None
    estimate_bps: float | None = None
    layer: float | None = None
    reduced: float | None = None
    width: float | None = None
    height: float | None = None
    frame_rate: float | None = None
    freezes: float | None = None
    frozen_ms: float | None = None
    concealed: float | None = None
    dropped: float | None = None
    cpu_limited: float | None = None
    bandwidth_limited: float | None = None
    by_tcp: float | None = None


NAMES: Final = tuple(field.name for field in fields(Figures))
# What adds up over time; of everything else the mean counts.
ADDED: Final = frozenset({"freezes", "frozen_ms"})
# The most that a browser may claim; more is taken for this.
_MOST: Final = {
    "round_trip_ms": 60_000.0,
    "jitter_ms": 60_000.0,
    "bitrate_bps": 1e9,
    "available_bps": 1e9,
    "width": 16_384.0,
    "height": 16_384.0,
    "frame_rate": 240.0,
    "freezes": 1000.0,
    "frozen_ms": 60_000.0,
}


def claimed(report: DirectionReport) -> Figures:
    """What a browser says, within bounds: neither a mistake nor a lie spoils sums or tables."""

    def bounded(name: str) -> float | None:
        value: float | None = getattr(report, name)
        if value is None or not math.isfinite(value):
            return None
        return min(max(value, 0.0), _MOST.get(name, 1.0))

    return Figures(
        round_trip_ms=bounded("round_trip_ms"),
        loss=bounded("loss"),
        jitter_ms=bounded("jitter_ms"),
        bitrate_bps=bounded("bitrate_bps"),
        estimate_bps=bounded("available_bps"),
        width=bounded("width"),
        height=bounded("height"),
        frame_rate=bounded("frame_rate"),
        freezes=bounded("freezes"),
        frozen_ms=bounded("frozen_ms"),
        concealed=bounded("concealed"),
        dropped=bounded("dropped"),
        cpu_limited=float(report.limited_by == "cpu"),
        bandwidth_limited=float(report.limited_by == "bandwidth"),
    )


def troubles_of(figures: Figures) -> list[Trouble]:
    """What is wrong in half a minute, the worst for people first."""
    found: dict[Trouble, bool] = {
        "loss": _above(figures.loss, LOSSY),
        "audio": _above(figures.concealed, CONCEALED),
        "freezes": _above(figures.frozen_ms, FROZEN_MS),
        "delay": _above(figures.round_trip_ms, SLOW_MS),
        "cpu": _above(figures.cpu_limited, LIMITED),
        "bandwidth": _above(figures.bandwidth_limited, LIMITED),
        "reduced": _above(figures.reduced, LIMITED),
    }
    return [trouble for trouble, wrong in found.items() if wrong]


def _above(value: float | None, limit: float) -> bool:
    return value is not None and value >= limit
