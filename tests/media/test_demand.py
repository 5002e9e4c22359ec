"""Which layers a sender is asked for."""

from __future__ import annotations

import pytest

from media.receive.demand import RELEASE_S, LayerDemand


def test_all_layers_are_on_until_it_is_known_who_wants_what() -> None:
    demand = LayerDemand(3, 10.0)
    assert demand.count == 3
    assert not demand.release(10.0 + RELEASE_S - 0.1)
    assert demand.release(10.0 + RELEASE_S)
    assert demand.count == 0


def test_a_layer_is_asked_for_at_once_and_let_go_late() -> None:
    demand = LayerDemand(3, 0.0)
    demand.release(RELEASE_S)
    assert demand.want(1, 20.0)
    assert demand.count == 2
    assert not demand.want(0, 20.0)
    assert not demand.release(20.0 + RELEASE_S - 0.1)
    assert demand.want(2, 21.0)
    assert demand.release(21.0 + RELEASE_S)
    assert demand.count == 0


def test_only_the_layers_above_the_highest_that_is_wanted_go() -> None:
    demand = LayerDemand(3, 0.0)
    changes = 0
    for second in range(1, 30):
        demand.want(0, float(second))
        changes += demand.release(float(second))
    assert demand.count == 1
    assert changes == 1


def test_tiles_that_are_laid_out_again_and_again_change_nothing() -> None:
    demand = LayerDemand(3, 0.0)
    for second in range(1, 60):
        assert not demand.want(2 if second % 5 == 0 else 0, float(second))
        assert not demand.release(float(second))
    assert demand.count == 3


@pytest.mark.parametrize(("layer", "expected"), [(-4, 1), (0, 1), (7, 3)])
def test_a_layer_that_is_not_there_is_the_nearest(layer: int, expected: int) -> None:
    demand = LayerDemand(3, 0.0)
    demand.release(RELEASE_S)
    demand.want(layer, RELEASE_S)
    assert demand.count == expected
