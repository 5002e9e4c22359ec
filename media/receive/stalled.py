"""Which layers of a simulcast track have stopped while the smallest goes on: known long before silence alone tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

FRAMES_MISSED: Final = 6
"""So many frames of the smallest layer without one of a larger: a single lost frame, or a slow one, is no stop."""
MISSED_S: Final = 0.4
"""And for so long nothing of it: at high frame rates a keyframe may take the time of several frames to arrive."""
KEYED_S: Final = 0.8
"""But after a keyframe, and what made it clear, an encoder leaves out pictures until it has kept to its rate again."""


class StalledLayers:
    """Of one track with `layers` layers, the smallest first."""

    __slots__ = ("_keyed_at", "_missed")

    def __init__(self, layers: int) -> None:
        self._missed = [0] * layers
        self._keyed_at = [float("-inf")] * layers

    def frame(self, layer: int, arrivals: Sequence[float | None], now: float, *, keyframe: bool = False) -> list[int]:
        """A frame of `layer` begins; `arrivals` is when each layer's last packet came. Which layers have stopped."""
        missed = self._missed
        missed[layer] = 0
        if keyframe:
            self._keyed_at[layer] = now
        if layer > 0:
            return []
        stalled = []
        for larger in range(1, len(missed)):
            missed[larger] += 1
            arrival = arrivals[larger]
            if arrival is None or missed[larger] < FRAMES_MISSED:
                continue
            if now - arrival > (KEYED_S if arrival - self._keyed_at[larger] < KEYED_S else MISSED_S):
                stalled.append(larger)
        return stalled
