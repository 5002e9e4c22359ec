"""What the layers of one video take, and the ladder of those that a subscriber may get: worked out once for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.bandwidth.allocation_ladder import EVERY_LAYER, Cost, Layers, build_ladder
from media.receive.bitrates import SAMPLED_S, nominal, summed
from media.receive.layers import layers_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from media.bandwidth.allocation_ladder import Ladder
    from media.ortc.parameters import RtpEncodingParameters
    from media.receive.stream import ReceiveStream

# What a sender says that a layer takes at most is believed within these bounds.
BELIEVED_BPS: Final = range(20_000, 10_000_001)
# Of a price that is no longer taken so much is left after a second: half of it after 3.4 s.
PRICE_KEPT: Final = 0.815
# A sender that is asked to send a layer with less does so by then, as far as can be measured.
SETTLED_S: Final = 2.5
# An encoder keeps to a cap over so many seconds, not over one: pictures move now and more now and less.
CAPPED_S: Final = 5.0
# Until then a cap of at least this share of what comes is believed; with a lower one what still comes is the price.
BELIEVED_SHARE: Final = 0.6
# One that then sends so many times as much can't, or does not know how to: it is not asked for so long.
IGNORED_ABOVE: Final = 1.5
IGNORED_FOR_S: Final = 120.0


class LayerCosts:
    """Of one producer: `streams` are its simulcast layers, or the one stream that has all layers of SVC in it.

    A layer that is not sent, or has only just begun, takes what it took before, else what the sender announced. Its
    price rises at once and falls slowly: an encoder that is started again takes seconds to reach its rate, and pictures
    move now more and now less. Whoever gets a layer for what it takes in a lull has it taken away again.

    A layer that its sender was asked to cap takes that, or more if it does.
    """

    __slots__ = (
        "_active",
        "_believed",
        "_caps",
        "_costs",
        "_encodings",
        "_full",
        "_ignored_at",
        "_known",
        "_ladders",
        "_mean",
        "_measured_at",
        "_settled_at",
        "_streams",
    )

    def __init__(self, streams: Sequence[ReceiveStream], encodings: Sequence[RtpEncodingParameters]) -> None:
        self._streams = streams
        self._encodings = encodings
        self._known: list[list[list[Cost]]] = [[] for _ in streams]
        self._costs: list[list[Cost]] = []
        self._active: list[bool] = []
        self._measured_at = float("-inf")
        self._ladders: dict[tuple[Layers, bool], Ladder] = {}
        # When the sender was found not to do so. Of SVC the smaller layers are part of the larger ones.
        layered = any(layers_of(encoding.scalability_mode)[0] > 1 for encoding in encodings)
        self._ignored_at = float("inf" if layered else "-inf")
        self._caps: list[int | None] = [None] * len(streams)
        self._settled_at = [float("-inf")] * len(streams)
        self._believed = [True] * len(streams)
        # What a capped layer takes without, and what it has taken lately.
        self._full = [0] * len(streams)
        self._mean = [0.0] * len(streams)

    def ladder(self, wish: Layers, now: float, *, keeps_sharp: bool) -> Ladder:
        """How the video can be sent to somebody who wants at most `wish`; without rungs where nothing is known."""
        if not 0 <= now - self._measured_at < SAMPLED_S:
            self._measure(now)
        ladder = self._ladders.get((wish, keeps_sharp))
        if ladder is None:
            ladder = self._ladders[wish, keeps_sharp] = build_ladder(
                self._costs,
                self._active,
                wish,
                keeps_sharp=keeps_sharp,
                full_bps=self.full_bps if self.can_cap(now) else (),
            )
        return ladder

    @property
    def full_bps(self) -> list[int]:
        """What each layer takes, or would without a cap; 0 for unknown."""
        return [full or self.bitrate_bps(Layers(layer, EVERY_LAYER)) for layer, full in enumerate(self._full)]

    def can_cap(self, now: float) -> bool:
        """Whether the sender sends a layer with less if asked."""
        return now - self._ignored_at >= IGNORED_FOR_S

    def cap(self, layer: int, bitrate_bps: int | None, now: float) -> None:
        """The sender has been asked to send this layer with at most so much, on the wire; None for what it takes."""
        announced = self._announced(layer)
        known = self._known[layer] or announced
        if not known:
            return
        full = self._full[layer] or max(rows[-1][-1].bitrate_bps for rows in (known, announced) if rows)
        self._known[layer] = scaled(known, full if bitrate_bps is None else bitrate_bps)
        self._full[layer] = 0 if bitrate_bps is None else full
        self._caps[layer] = bitrate_bps
        self._mean[layer] = bitrate_bps or 0
        self._settled_at[layer] = now if bitrate_bps is None else now + SETTLED_S
        stream = self._streams[layer]
        rows = stream.bitrates.measured(now) if stream.active(now) else None
        taken_bps = summed(rows)[-1][-1].bitrate_bps if rows else 0
        self._believed[layer] = bitrate_bps is not None and bitrate_bps >= BELIEVED_SHARE * taken_bps
        self._measure(now)

    def bitrate_bps(self, layers: Layers) -> int:
        """What these layers took when last looked at; 0 for unknown."""
        row = self._costs[layers.spatial] if 0 <= layers.spatial < len(self._costs) else []
        return row[min(layers.temporal, len(row) - 1)].bitrate_bps if row and layers.temporal >= 0 else 0

    def _measure(self, now: float) -> None:
        passed = max(now - self._measured_at, 0.0)
        kept = PRICE_KEPT ** min(passed, 60.0)
        self._measured_at = now
        self._ladders.clear()
        self._costs = []
        self._active = []
        for index, stream in enumerate(self._streams):
            active = stream.active(now)
            rows = stream.bitrates.measured(now) if active else None
            if rows:
                self._learn(index, summed(rows), kept, passed, now)
            rows = self._known[index] or self._announced(index)
            # A simulcast layer is one row, SVC are all of them.
            self._costs += rows if len(self._streams) == 1 else rows[:1] or [[]]
            self._active += [active] * (len(self._costs) - len(self._active))

    def _learn(self, index: int, taken: list[list[Cost]], kept: float, passed: float, now: float) -> None:
        """What a layer has taken lately."""
        cap, settles = self._caps[index], now < self._settled_at[index]
        if cap is not None and settles and self._believed[index]:
            return
        young = self._streams[index].bitrates.young(now)
        if not settles and cap is None:
            taken = held(self._known[index] or self._announced(index), taken, 1.0 if young else kept)
        if cap is not None:
            total = taken[-1][-1].bitrate_bps
            if not settles and not young:
                self._mean[index] += min(1.0, passed / CAPPED_S) * (total - self._mean[index])
            if total > IGNORED_ABOVE * cap and not settles:
                self._ignored_at = now
                self._caps[index], self._full[index] = None, 0
            elif not settles or total < cap:
                taken = scaled(taken, max(cap, int(self._mean[index])))
        self._known[index] = taken

    def _announced(self, index: int) -> list[list[Cost]]:
        encoding = self._encodings[index]
        if encoding.max_bitrate is None:
            return []
        spatial, temporal = layers_of(encoding.scalability_mode)
        most = min(max(encoding.max_bitrate, BELIEVED_BPS.start), BELIEVED_BPS.stop - 1)
        # A spatial layer of SVC has a quarter of the pixels of the next.
        return [nominal(most >> 2 * (spatial - 1 - layer), temporal) for layer in range(spatial)]


def scaled(rows: list[list[Cost]], bitrate_bps: int) -> list[list[Cost]]:
    """Layers that altogether take so much."""
    share = bitrate_bps / max(1, rows[-1][-1].bitrate_bps)
    return [[Cost(int(cost.bitrate_bps * share), cost.frames_per_second) for cost in row] for row in rows]


def held(before: list[list[Cost]], now: list[list[Cost]], kept: float) -> list[list[Cost]]:
    """What layers take now, but at least this share of what they took before; `now` where they are other layers."""
    if [len(row) for row in before] != [len(row) for row in now]:
        return now
    return [
        [
            Cost(max(new.bitrate_bps, int(old.bitrate_bps * kept)), new.frames_per_second)
            for old, new in zip(*rows, strict=True)
        ]
        for rows in zip(before, now, strict=True)
    ]
