"""What one video can be sent as: its layers as a ladder, from the least to the best, each rung with its price. Pure."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

# A limit that limits nothing: no codec has so many layers.
EVERY_LAYER: Final = 255
# A camera's upper layer without its fastest frames is better than the size below only while it still moves smoothly.
SMOOTH_FRAMES_PER_SECOND: Final = 10.0
# With less than this share of what it takes, a layer looks worse than the one below stretched; a screen still tells
# more in all its pixels, though they come slowly. As the page has it for what it sends (`sdk/js/src/rtc/limits.ts`).
WORTHWHILE: Final = 0.4
WORTHWHILE_OF_SCREEN: Final = 0.1
# For a larger layer than the receiver has there must be place for so much more: estimates fall now and then, and each
# change of size costs a keyframe.
WORTHWHILE_MARGIN: Final = 1.2


class Layers(NamedTuple):
    """At most these layers of a video may be sent; their order is the order of quality. `PAUSED` is less than all."""

    spatial: int
    temporal: int


PAUSED: Final = Layers(-1, -1)
UNLIMITED: Final = Layers(EVERY_LAYER, EVERY_LAYER)


class Cost(NamedTuple):
    """What it takes to send a spatial layer up to one of its temporal layers, all that it depends on included."""

    bitrate_bps: int
    frames_per_second: float
    """0 for unknown."""


class Rung(NamedTuple):
    """One way to send a video. `sent` is False for a layer that the sender does not send now, but would if asked."""

    layers: Layers
    bitrate_bps: int
    sent: bool = True


class Ladder:
    """Rungs that rise in quality and in price. `good` is the rung that what matters most gets before all others.

    `full_bps` is what each spatial layer up to the wish takes if its sender is not asked to send it with less; empty if
    it can't be asked. With less than a share `worthwhile` of that a layer is not worth having.
    """

    __slots__ = ("full_bps", "good", "rungs", "sent", "worthwhile")

    def __init__(
        self, rungs: Sequence[Rung], *, good: int, full_bps: Sequence[int] = (), worthwhile: float = WORTHWHILE
    ) -> None:
        self.rungs = rungs
        self.good = good
        self.full_bps = full_bps
        self.worthwhile = worthwhile
        # Up to which rung the sender's layers are there: those below the highest that is sent come when asked for.
        self.sent = max((index for index, rung in enumerate(rungs) if rung.sent), default=-1)

    def place(self, layers: Layers) -> int:
        """The best rung that is not better than these layers; -1 for none."""
        return bisect_right([rung.layers for rung in self.rungs], layers) - 1

    @property
    def most_bps(self) -> int:
        """What the best rung takes without a cap."""
        layers, bitrate_bps, _ = self.rungs[-1]
        return max(bitrate_bps, self.full_bps[layers.spatial]) if self.full_bps else bitrate_bps

    def useful(self, bitrate_bps: float, has: int) -> int:
        """The best spatial layer to have with so much, where one is there already."""
        for layer in range(len(self.full_bps) - 1, 0, -1):
            least = self.worthwhile * self.full_bps[layer] * (1.0 if layer <= has else WORTHWHILE_MARGIN)
            if 0 < least <= bitrate_bps:
                return layer
        return 0


def build_ladder(
    costs: Sequence[Sequence[Cost]],
    active: Sequence[bool],
    wish: Layers,
    *,
    keeps_sharp: bool,
    full_bps: Sequence[int] = (),
) -> Ladder:
    """The ladder of a video of which at most `wish` is wanted.

    `costs[spatial][temporal]` is what each layer takes (no entry: there is no such layer), `active` tells which
    spatial layers are sent. A camera gives up size before frames: below its full frame rate an upper layer is used
    only while it is smooth. What `keeps_sharp` (a shared screen) gives up frames before size. `full_bps` is what each
    spatial layer takes where its sender is not asked to send it with less; empty if it can't be asked.
    """
    rungs: list[Rung] = []
    for spatial, row in enumerate(costs[: wish.spatial + 1]):
        if not active[spatial] and any(active[spatial + 1 :]):
            continue  # a sender that sends larger ones can't send this one
        top = min(len(row) - 1, wish.temporal)
        for temporal in range(top + 1):
            cost = row[temporal]
            half = temporal < top and spatial > 0 and not keeps_sharp
            if cost.bitrate_bps <= 0 or (half and bool(rungs) and cost.frames_per_second < SMOOTH_FRAMES_PER_SECOND):
                continue
            # With all that the page wishes and the sender has, nothing needs to be left out.
            limit = EVERY_LAYER if temporal == len(row) - 1 else temporal
            rungs.append(Rung(Layers(spatial, limit), cost.bitrate_bps, active[spatial]))
    worthwhile: list[Rung] = []
    for rung in reversed(rungs):
        if not worthwhile or rung.bitrate_bps < worthwhile[-1].bitrate_bps:
            worthwhile.append(rung)
    worthwhile.reverse()
    return Ladder(
        worthwhile,
        good=_good(worthwhile, keeps_sharp=keeps_sharp),
        # Who does not want all frames of a layer can't tell what all of it should take.
        full_bps=full_bps[: wish.spatial + 1] if worthwhile and worthwhile[-1].layers.temporal == EVERY_LAYER else (),
        worthwhile=WORTHWHILE_OF_SCREEN if keeps_sharp else WORTHWHILE,
    )


def _good(rungs: Sequence[Rung], *, keeps_sharp: bool) -> int:
    """A screen is good when it can be read, a camera when it is larger than a thumbnail."""
    if not rungs:
        return -1
    highest = rungs[-1].layers.spatial
    enough = highest if keeps_sharp else min(1, highest)
    return next(index for index, rung in enumerate(rungs) if rung.layers.spatial >= enough)
