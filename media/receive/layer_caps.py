"""With how much a sender should send each layer of a video at most: as much as the best of its receivers can use.

Between two sizes a narrow link stays unused, unless the sender makes the larger one cheaper. Down at once, up with
patience; a layer that anybody receives without a limit has none. A pure decision; times are seconds of any steady
clock, bitrates bits/s on the wire.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

# A cap is lowered when receivers have place for less than this share of it: more than what it leaves free of the link
# (`KEPT_SHARE` of `allocation.py`), so that the layer goes on fitting.
LOWERED_BELOW: Final = 0.92
# It is raised when there was place for so much more all of the last seconds. With this share of what the layer takes
# there is none.
RAISED_ABOVE: Final = 1.15
RAISED_AFTER_S: Final = 2.0
LIFTED_ABOVE: Final = 0.97
# A cap that had to be lowered was too much: so long not more than this share of it.
FAILED_SHARE: Final = 0.92
FAILED_S: Final = 20.0
# Who has not said what they can use for so long uses nothing: each does so once a second.
FRESH_S: Final = 2.5
# What nobody uses for so long loses its cap: as long as layers that nobody wants are sent (`demand.py`).
UNUSED_S: Final = 8.0
# It is looked at all of them again after so long for each: a thousand receivers cost no more than one does.
LOOKED_AT_AFTER_S: Final = 0.001


class LayerCaps:
    """Of one producer with so many encodings; `caps` has one for each, None for as much as the layer takes."""

    __slots__ = ("_due", "_failed", "_lowest", "_more_since", "_used_at", "_uses", "caps")

    def __init__(self, layers: int) -> None:
        self.caps: list[int | None] = [None] * layers
        self._due = float("-inf")
        self._uses: dict[object, tuple[int, int | None, float]] = {}
        self._used_at = [float("-inf")] * layers
        # The last one of each that was too much, and when that was seen.
        self._failed = [(0, float("-inf"))] * layers
        # Since when there is place for more than a cap, and the least that it was since.
        self._more_since: list[float | None] = [None] * layers
        self._lowest: list[int | None] = [None] * layers

    def use(self, who: object, layer: int, bitrate_bps: int | None, now: float) -> None:
        """A receiver can use so much of this layer, and no other; None: whatever it takes."""
        self._uses[who] = (layer, bitrate_bps, now)

    def forget(self, who: object) -> None:
        """A receiver went away."""
        self._uses.pop(who, None)

    def decide(self, full_bps: Sequence[int], now: float) -> list[int]:
        """The layers whose cap has changed. `full_bps` is what each takes without one; 0 for unknown.

        To be called whenever anybody has said what they can use; it does nothing while it is too early to look again.
        """
        if now < self._due:
            return []
        self._due = now + LOOKED_AT_AFTER_S * len(self._uses)
        usable: dict[int, int | None] = {}
        for layer, bitrate_bps, at in self._uses.values():
            if now - at < FRESH_S:
                before = usable.get(layer, 0)
                usable[layer] = None if before is None or bitrate_bps is None else max(before, bitrate_bps)
        for layer in usable:
            self._used_at[layer] = now
        for layer, used_at in enumerate(self._used_at):
            if now - used_at >= UNUSED_S:
                usable[layer] = None
        return [layer for layer, most in usable.items() if full_bps[layer] and self._change(layer, most, full_bps, now)]

    def lift(self) -> list[int]:
        """Have no caps; the layers that had one."""
        lifted = [layer for layer, cap in enumerate(self.caps) if cap is not None]
        for layer in lifted:
            self._set(layer, None)
        return lifted

    def _change(self, layer: int, most: int | None, full_bps: Sequence[int], now: float) -> bool:
        full, cap = full_bps[layer], self.caps[layer]
        if most is not None and most < LOWERED_BELOW * (full if cap is None else cap):
            if cap is not None:
                self._failed[layer] = (cap, now)
            self._set(layer, most)
            return True
        failed, at = self._failed[layer]
        if most is not None and now - at < FAILED_S:
            most = min(most, int(FAILED_SHARE * failed))
        if most is not None and most >= LIFTED_ABOVE * full:
            most = None
        if cap is None or (most is not None and most < RAISED_ABOVE * cap):
            self._more_since[layer] = None
            return False
        since, lowest = self._more_since[layer], self._lowest[layer]
        if since is None:
            self._more_since[layer], self._lowest[layer] = now, most
            return False
        if lowest is None or (most is not None and most < lowest):
            self._lowest[layer] = most
        if now - since < RAISED_AFTER_S:
            return False
        self._set(layer, self._lowest[layer])
        return True

    def _set(self, layer: int, cap: int | None) -> None:
        self.caps[layer] = cap
        self._more_since[layer] = None
