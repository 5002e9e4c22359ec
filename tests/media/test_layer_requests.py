"""How often a sender is told which layers are wanted."""

from __future__ import annotations

from itertools import pairwise

from media.receive.layer_requests import CAPS_APART_S, LayerRequests


def test_an_estimate_that_falls_all_the_time_is_told_a_few_times_a_second_and_to_its_end() -> None:
    requests, told = LayerRequests(3), []
    for step in range(100):
        cap = 1_000_000 - 9000 * min(step, 50)
        if requests.due(3, [0, 0, cap], step / 50):
            told.append((step / 50, cap))
    assert told[0] == (0.0, 1_000_000)
    assert told[-1][1] == 1_000_000 - 9000 * 50
    assert all(later - earlier >= CAPS_APART_S for (earlier, _), (later, _) in pairwise(told))
    assert 4 <= len(told) <= 5
    assert not requests.waiting


def test_layers_are_asked_for_at_once() -> None:
    requests = LayerRequests(3)
    assert requests.due(1, [0, 0, 0], 0.0)
    assert requests.due(2, [0, 0, 0], 0.01)
    assert not requests.due(2, [0, 400_000, 0], 0.02)
    assert requests.waiting
    assert requests.due(3, [0, 400_000, 0], 0.03)
    assert not requests.waiting


def test_what_has_been_told_is_not_told_again() -> None:
    requests = LayerRequests(2)
    assert not requests.due(2, [0, 0], 0.0)
    assert requests.due(2, [0, 300_000], 1.0)
    assert not requests.due(2, [0, 300_000], 9.0)
    assert not requests.due(2, [0, 290_000], 1.1)
    assert not requests.due(2, [0, 300_000], 1.2)
    assert not requests.waiting
