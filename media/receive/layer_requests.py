"""How often a sender is told which layers are wanted, and with how much at most: each time it sets its encoders anew.

Layers are asked for at once. Caps follow estimates, which fall in many steps: the first is told at once, and then now
and then, and in the end the last one. A pure decision; times are seconds of any steady clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

# A cap is told so long after the one before at the earliest: a browser's encoder needs longer to follow it.
CAPS_APART_S: Final = 0.3


class LayerRequests:
    """To one sender of so many layers. All are on at first, without caps; `waiting`: something has not been told."""

    __slots__ = ("_told", "_told_at", "waiting")

    def __init__(self, layers: int) -> None:
        self._told = (layers, [0] * layers)
        self._told_at = float("-inf")
        self.waiting = False

    def due(self, count: int, max_bitrates_bps: Sequence[int], now: float) -> bool:
        """Whether to tell this now; 0 is no cap. If not, and while it is `waiting`, to be asked again soon."""
        wanted = (count, list(max_bitrates_bps))
        self.waiting = wanted != self._told
        if not self.waiting or (count == self._told[0] and now - self._told_at < CAPS_APART_S):
            return False
        self._told, self._told_at = wanted, now
        self.waiting = False
        return True
