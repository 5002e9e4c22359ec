"""Which layers of one video its receiver may have."""

from __future__ import annotations

import pytest

from media.bandwidth.allocation_ladder import EVERY_LAYER, PAUSED, UNLIMITED, Layers
from media.bandwidth.layer_limits import LayerLimits
from media.ortc.parameters import ConsumerLayers


class Costs:
    """Each spatial layer takes ten times as much as the one below, its slowest frames a tenth of that."""

    def bitrate_bps(self, layers: Layers) -> int:
        return 0 if layers == PAUSED else 10 ** (layers.spatial + 2) // (10 if layers.temporal == 0 else 1)


@pytest.mark.parametrize(("wished", "got"), [(-5, 0), (0, 0), (2, 2), (9, 2)])
def test_a_wish_out_of_range_is_the_nearest_there_is(wished: int, got: int) -> None:
    limits = LayerLimits(3, svc=False)
    limits.prefer(ConsumerLayers(wished, 1))
    assert limits.preferred == ConsumerLayers(got, 1)
    assert limits.wish == Layers(got, 1)


def test_without_a_wish_it_is_the_best() -> None:
    limits = LayerLimits(3, svc=False)
    assert limits.wish == Layers(2, EVERY_LAYER)
    assert limits.of_stream == UNLIMITED


def test_the_smallest_of_wish_link_and_what_there_is_counts() -> None:
    limits = LayerLimits(3, svc=False)
    assert limits.most(2) == 2
    assert limits.most(0) == 0
    limits.prefer(ConsumerLayers(1))
    assert limits.most(2) == 1
    limits.allow(Layers(0, 0))
    assert limits.most(2) == 0
    assert limits.of_stream == Layers(EVERY_LAYER, 0)


@pytest.mark.parametrize(
    ("wished", "allowed", "expected"),
    [
        (2, UNLIMITED, EVERY_LAYER),
        (2, Layers(2, 0), EVERY_LAYER),
        (2, Layers(1, 0), 1),
        (1, UNLIMITED, 1),
        (1, Layers(0, 0), 0),
        (0, Layers(1, 0), 0),
        (2, PAUSED, -1),
    ],
)
def test_of_a_stream_with_all_sizes_those_above_are_left_out(wished: int, allowed: Layers, expected: int) -> None:
    limits = LayerLimits(3, svc=True)
    limits.prefer(ConsumerLayers(wished))
    limits.allow(allowed)
    assert limits.of_stream.spatial == expected
    assert limits.of_followed(0, Costs()) == limits.of_stream


def test_a_larger_stream_goes_on_slowly_or_not_at_all_until_the_smaller_has_come() -> None:
    limits = LayerLimits(3, svc=False)
    limits.allow(Layers(1, EVERY_LAYER))
    assert limits.of_followed(1, Costs()) == UNLIMITED
    assert limits.of_followed(2, Costs()) == Layers(EVERY_LAYER, 0)
    limits.allow(Layers(0, EVERY_LAYER))
    assert limits.of_followed(2, Costs()) == PAUSED, "Its slowest frames take ten times of what fits."


def test_a_larger_stream_goes_on_slowly_where_nothing_is_known_of_its_price() -> None:
    limits = LayerLimits(3, svc=False)
    limits.allow(Layers(0, EVERY_LAYER))
    assert limits.of_followed(2, None) == Layers(EVERY_LAYER, 0)


def test_what_the_link_has_place_for_is_forgotten_when_it_carries_less_or_everything() -> None:
    limits = LayerLimits(3, svc=False)
    found = []
    for usable, layers in (
        ((2, 300_000), Layers(2, 0)),
        ((2, 300_000), Layers(2, 0)),
        ((2, 300_000), Layers(1, 0)),
        ((1, 100_000), UNLIMITED),
    ):
        limits.usable = usable
        found.append((limits.allow(layers), limits.usable))
    assert found == [(True, (2, 300_000)), (False, (2, 300_000)), (True, None), (True, None)]


def test_nothing_is_paused_but_what_the_link_carries_nothing_of() -> None:
    limits = LayerLimits(2, svc=False)
    paused = [limits.paused]
    for layers in (PAUSED, Layers(0, 0)):
        limits.allow(layers)
        paused.append(limits.paused)
    assert paused == [False, True, False]


@pytest.mark.parametrize(
    ("svc", "layer", "sent", "named"),
    [
        (False, 1, UNLIMITED, ConsumerLayers(1)),
        (False, 0, Layers(EVERY_LAYER, 1), ConsumerLayers(0, 1)),
        (True, 0, UNLIMITED, ConsumerLayers(2)),
        (True, 0, Layers(1, 0), ConsumerLayers(1, 0)),
        (False, 1, PAUSED, None),
    ],
)
def test_what_is_sent_has_a_name(svc: bool, layer: int, sent: Layers, named: ConsumerLayers | None) -> None:
    assert LayerLimits(3, svc=svc).named(layer, sent) == named
