"""What the layers of one video take, and the ladder of those that a subscriber may get: worked out once for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.bandwidth.allocation_ladder import Cost, Layers, build_ladder
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


class LayerCosts:
    """Of one producer: `streams` are its simulcast layers, or the one stream that has all layers of SVC in it.

    A layer that is not sent, or has only just begun, takes what it took before, else what the sender announced. Its
    price rises at once and falls slowly: an encoder that is started again takes seconds to reach its rate, and pictures
    move now more and now less. Whoever gets a layer for what it takes in a lull has it taken away again.
    """

    __slots__ = ("_active", "_costs", "_encodings", "_known", "_ladders", "_measured_at", "_streams")

    def __init__(self, streams: Sequence[ReceiveStream], encodings: Sequence[RtpEncodingParameters]) -> None:
        self._streams = streams
        self._encodings = encodings
        self._known: list[list[list[Cost]]] = [[] for _ in streams]
        self._costs: list[list[Cost]] = []
        self._active: list[bool] = []
        self._measured_at = float("-inf")
        self._ladders: dict[tuple[Layers, bool], Ladder] = {}

    def ladder(self, wish: Layers, now: float, *, keeps_sharp: bool) -> Ladder:
        """How the video can be sent to somebody who wants at most `wish`; without rungs where nothing is known."""
        if not 0 <= now - self._measured_at < SAMPLED_S:
            self._measure(now)
        ladder = self._ladders.get((wish, keeps_sharp))
        if ladder is None:
            ladder = self._ladders[wish, keeps_sharp] = build_ladder(
                self._costs, self._active, wish, keeps_sharp=keeps_sharp
            )
        return ladder

    def bitrate_bps(self, layers: Layers) -> int:
        """What these layers took when last looked at; 0 for unknown."""
        row = self._costs[layers.spatial] if 0 <= layers.spatial < len(self._costs) else []
        return row[min(layers.temporal, len(row) - 1)].bitrate_bps if row and layers.temporal >= 0 else 0

    def _measure(self, now: float) -> None:
        kept = PRICE_KEPT ** min(max(now - self._measured_at, 0.0), 60.0)
        self._measured_at = now
        self._ladders.clear()
        self._costs = []
        self._active = []
        for index, stream in enumerate(self._streams):
            active = stream.active(now)
            rows = stream.bitrates.measured(now) if active else None
            if rows:
                before = self._known[index] or self._announced(index)
                self._known[index] = held(before, summed(rows), 1.0 if stream.bitrates.young(now) else kept)
            rows = self._known[index] or self._announced(index)
            # A simulcast layer is one row, SVC are all of them.
            self._costs += rows if len(self._streams) == 1 else rows[:1] or [[]]
            self._active += [active] * (len(self._costs) - len(self._active))

    def _announced(self, index: int) -> list[list[Cost]]:
        encoding = self._encodings[index]
        if encoding.max_bitrate is None:
            return []
        spatial, temporal = layers_of(encoding.scalability_mode)
        most = min(max(encoding.max_bitrate, BELIEVED_BPS.start), BELIEVED_BPS.stop - 1)
        # A spatial layer of SVC has a quarter of the pixels of the next.
        return [nominal(most >> 2 * (spatial - 1 - layer), temporal) for layer in range(spatial)]


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
