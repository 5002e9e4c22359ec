"""With how much a sender should send each layer of a video at most: as much as its receivers can use.

Between two sizes a narrow link stays unused, unless the sender makes the larger one cheaper. Down at once, up with
patience; a layer that anybody receives without a limit has none. Where nobody has place for all of it, it is as much as
all have place for who are not far behind the best. A pure decision; times are seconds of any steady clock, bitrates
bits/s on the wire.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

# A cap is lowered when receivers have place for less than this share of it: more than what it leaves free of the link
# (`KEPT_SHARE` of `allocation.py`), so that the layer goes on fitting.
LOWERED_BELOW: Final = 0.9
# A dip to no less than this share of it takes only so much of the margin: what is sent needs less than the cap, and an
# estimate is soon back where it was only if enough is sent.
DIP_ABOVE: Final = 0.82
DIP_MARGIN: Final = 1.08
# For who has a smaller layer it has to fit with all of its margin.
LOWERED_BELOW_FOR_MORE: Final = 0.98
# It is raised when there was place for so much more all of the last seconds. With this share of what the layer takes
# there is none.
RAISED_ABOVE: Final = 1.06
RAISED_AFTER_S: Final = 2.0
LIFTED_ABOVE: Final = 0.97
# In steps: each of two who share a bottleneck finds what the other leaves free, and both together would have it twice.
# And what a browser gives a smaller layer at once it takes from the larger one, which ends for a moment, and comes back
# with a keyframe. The steps are small where there is less than `FAR_ABOVE` times as much place: estimates end a little
# above what links carry.
STEP: Final = 1.15
SMALL_STEP: Final = 1.08
FAR_ABOVE: Final = 1.3
# A cap that had to be lowered within `TRIED_S` of being tried was too much: so long not more than this share of it. One
# that had stood for longer was not, the estimate has only dipped.
FAILED_SHARE: Final = 0.95
FAILED_S: Final = 12.0
TRIED_S: Final = 6.0
# Who can use so much of what the best of them can is not left behind: two who share one bottleneck have the same. Who
# can use less makes do with a smaller layer.
TOGETHER_ABOVE: Final = 0.66
# Who has not said what they can use for so long uses nothing: each does so once a second.
FRESH_S: Final = 2.5
# The cap of what nobody uses for so long, nor anything above it, rises until there is none: as long as layers that
# nobody wants are sent (`demand.py`).
UNUSED_S: Final = 8.0
# It is looked at all of them again after so long for each: a thousand receivers cost no more than one does.
LOOKED_AT_AFTER_S: Final = 0.001


class _Use(NamedTuple):
    layer: int
    bitrate_bps: int | None
    has_less: bool
    at: float


class LayerCaps:
    """Of one producer with so many encodings; `caps` has one for each, None for as much as the layer takes."""

    __slots__ = ("_due", "_failed", "_lowest", "_more_since", "_tried_at", "_used_at", "_uses", "caps")

    def __init__(self, layers: int) -> None:
        self.caps: list[int | None] = [None] * layers
        self._due = float("-inf")
        self._uses: dict[object, _Use] = {}
        self._used_at = [float("-inf")] * layers
        # The last one of each that was too much, and when that was seen.
        self._failed = [(0, float("-inf"))] * layers
        self._tried_at = [float("-inf")] * layers
        # Since when there is place for more than a cap, and the least that it was since.
        self._more_since: list[float | None] = [None] * layers
        self._lowest: list[int | None] = [None] * layers

    def use(self, who: object, layer: int, bitrate_bps: int | None, now: float, *, has_less: bool = False) -> None:
        """A receiver can use so much of this layer, and no other; None: whatever it takes. It may have less as yet.

        Who has place for less than before, but is not left behind, is not made to wait: they would lose the layer.
        """
        self._uses[who] = _Use(layer, bitrate_bps, has_less, now)
        cap = self.caps[layer]
        if bitrate_bps is not None and cap is not None and TOGETHER_ABOVE * cap <= bitrate_bps < LOWERED_BELOW * cap:
            self._due = now

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
        said: dict[int, list[_Use]] = {}
        for use in self._uses.values():
            if now - use.at < FRESH_S:
                said.setdefault(use.layer, []).append(use)
        usable = {layer: _together(uses, full_bps[layer], self.caps[layer]) for layer, uses in said.items()}
        for layer in usable:
            self._used_at[layer] = now
        highest = max(usable, default=-1)
        for layer, used_at in enumerate(self._used_at):
            if layer > highest and now - used_at >= UNUSED_S:
                usable[layer] = None, False
        return [
            layer
            for layer, (most, more) in usable.items()
            if full_bps[layer] and self._change(layer, most, full_bps, now, for_more=more)
        ]

    def lift(self) -> list[int]:
        """Have no caps; the layers that had one."""
        lifted = [layer for layer, cap in enumerate(self.caps) if cap is not None]
        for layer in lifted:
            self._set(layer, None)
        return lifted

    def _change(self, layer: int, most: int | None, full_bps: Sequence[int], now: float, *, for_more: bool) -> bool:
        full, cap = full_bps[layer], self.caps[layer]
        below = LOWERED_BELOW_FOR_MORE if for_more else LOWERED_BELOW
        if most is not None and most < below * (full if cap is None else cap):
            if cap is not None and now - self._tried_at[layer] < TRIED_S:
                self._failed[layer] = (cap, now)
            if cap is None:
                self._tried_at[layer] = now
            dips = cap is not None and not for_more and most >= DIP_ABOVE * cap
            self._set(layer, int(DIP_MARGIN * most) if dips else most)
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
        lowest = self._lowest[layer]
        step = int(cap * (SMALL_STEP if lowest is not None and lowest < FAR_ABOVE * cap else STEP))
        self._set(layer, step if step < min(lowest or full, LIFTED_ABOVE * full) else lowest)
        self._tried_at[layer] = now
        return True

    def _set(self, layer: int, cap: int | None) -> None:
        self.caps[layer] = cap
        self._more_since[layer] = None


def _together(uses: Sequence[_Use], full_bps: int, cap: int | None) -> tuple[int | None, bool]:
    """What of a layer all can use that are together, None for whatever it takes, and whether any of them has less.

    Nobody is left behind by who has place for more than the `cap` that there is.
    """
    known = [(use.bitrate_bps, use.has_less) for use in uses if use.bitrate_bps is not None]
    if len(known) < len(uses):
        return None, False
    best = max(bitrate_bps for bitrate_bps, _ in known)
    least = TOGETHER_ABOVE * min(best, cap or best) if best < LIFTED_ABOVE * full_bps else best
    together = [(bitrate_bps, has_less) for bitrate_bps, has_less in known if bitrate_bps >= least]
    return min(bitrate_bps for bitrate_bps, _ in together), any(has_less for _, has_less in together)
