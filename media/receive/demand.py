"""Which spatial layers of a video its sender should send: those up to the highest that anybody wants.

As in LiveKit's dynacast, the layers below stay on: a receiver whose network gets worse finds one at once, when there
is no time to ask for it. All are small beside the one above. A pure decision; times are seconds of any steady clock.
"""

from __future__ import annotations

from typing import Final

# A layer that nobody wants any more stays on for so long: tiles are laid out anew, and each change of the set costs a
# keyframe of all layers.
RELEASE_S: Final = 8.0


class LayerDemand:
    """For one producer of so many layers. All are on at first: those who will want them are only being told of it."""

    __slots__ = ("_wanted_at", "count")

    def __init__(self, layers: int, now: float) -> None:
        # How many layers are asked for, from the smallest on; 0 for none.
        self.count = layers
        self._wanted_at = [now] * layers

    def want(self, layer: int, now: float) -> bool:
        """Somebody wants this layer. Whether more are asked for than before."""
        layer = max(0, min(layer, len(self._wanted_at) - 1))
        for index in range(layer + 1):
            self._wanted_at[index] = now
        if layer < self.count:
            return False
        self.count = layer + 1
        return True

    def release(self, now: float) -> bool:
        """Let go what nobody has wanted for `RELEASE_S`. Whether fewer are asked for than before."""
        before = self.count
        while self.count and now - self._wanted_at[self.count - 1] >= RELEASE_S:
            self.count -= 1
        return self.count < before
