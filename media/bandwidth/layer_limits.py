"""Which layers of one video its receiver may have: what its page wishes, and what its link carries. Pure decisions."""

from __future__ import annotations

from typing import Final, Protocol

from media.bandwidth.allocation_ladder import EVERY_LAYER, PAUSED, UNLIMITED, Layers
from media.ortc.parameters import ConsumerLayers

# While a smaller layer is waited for, the larger one goes on slowly if it takes at most so many times its bitrate.
BRIDGING_SHARE: Final = 1.5


class Costs(Protocol):
    """What layers take, in bits/s (`media/receive/layer_costs.py`)."""

    def bitrate_bps(self, layers: Layers) -> int: ...


class LayerLimits:
    """`preferred` is the wish, mediasoup's `preferredLayers`; `allowed` is what the link carries.

    A video has `spatial_layers` sizes, each a stream of its own or, if `svc`, all in one stream. `usable` is one of
    them, and how many bits/s of it the link has place for; None for whatever is wanted.
    """

    __slots__ = ("_svc", "allowed", "preferred", "spatial_layers", "usable")

    def __init__(self, spatial_layers: int, *, svc: bool) -> None:
        self.spatial_layers = spatial_layers
        self.preferred = ConsumerLayers(spatial_layers - 1)
        self.allowed = UNLIMITED
        self.usable: tuple[int, int] | None = None
        self._svc = svc

    def prefer(self, layers: ConsumerLayers) -> None:
        """Wish for at most these; a spatial layer out of range means the nearest there is."""
        spatial = max(0, min(layers.spatial_layer, self.spatial_layers - 1))
        self.preferred = ConsumerLayers(spatial, layers.temporal_layer)

    def allow(self, layers: Layers) -> bool:
        """The link carries at most these; whether that is something else than before."""
        if layers == UNLIMITED or (self.usable is not None and layers.spatial < self.usable[0]):
            self.usable = None
        changed = layers != self.allowed
        self.allowed = layers
        return changed

    @property
    def paused(self) -> bool:
        """Whether the link carries nothing of it."""
        return self.allowed == PAUSED

    @property
    def wish(self) -> Layers:
        """What the page would like, whatever the link carries."""
        temporal = self.preferred.temporal_layer
        return Layers(self.preferred.spatial_layer, EVERY_LAYER if temporal is None else temporal)

    def most(self, best: int) -> int:
        """The spatial layer to receive of a sender that has them up to `best`."""
        return min(self.preferred.spatial_layer, self.allowed.spatial, best)

    @property
    def of_stream(self) -> Layers:
        """What may be sent of a stream of the wanted size: the wish or what the link carries, the smaller counts."""
        spatial, temporal = EVERY_LAYER, min(self.wish.temporal, self.allowed.temporal)
        if self._svc:
            spatial = min(self.preferred.spatial_layer, self.allowed.spatial)
            if spatial >= self.spatial_layers - 1:
                spatial = EVERY_LAYER
        return Layers(spatial, temporal)

    def of_followed(self, layer: int, costs: Costs | None) -> Layers:
        """What may be sent of the stream that is followed now, which has this spatial layer unless it has all.

        One that is larger than is allowed goes on with its slowest layer until the smaller one has come, or not at all
        if even that is too much.
        """
        if self._svc or layer <= self.allowed.spatial:
            return self.of_stream
        slowest_bps = costs.bitrate_bps(Layers(layer, 0)) if costs is not None else 0
        allowed_bps = costs.bitrate_bps(self.allowed) if costs is not None else 0
        return Layers(EVERY_LAYER, 0) if slowest_bps <= allowed_bps * BRIDGING_SHARE else PAUSED

    def named(self, layer: int, sent: Layers) -> ConsumerLayers | None:
        """What `sent` of a stream with this spatial layer is called outside; None where nothing is sent."""
        if sent.temporal < 0:
            return None
        spatial = min(sent.spatial, self.spatial_layers - 1) if self._svc else layer
        return ConsumerLayers(spatial, None if sent.temporal == EVERY_LAYER else sent.temporal)
