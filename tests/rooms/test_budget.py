"""The token bucket: how much one client may ask for."""

from __future__ import annotations

from rooms import protocol
from rooms.budget import REQUEST_BURST, REQUESTS_PER_S, RequestBudget, cost_of


def test_a_burst_is_allowed_and_no_more() -> None:
    budget = RequestBudget()
    assert all(budget.take(5.0) for _ in range(REQUEST_BURST))
    assert not budget.take(5.0)


def test_the_bucket_fills_up_again_and_never_more_than_full() -> None:
    budget = RequestBudget()
    assert budget.take(0.0, REQUEST_BURST)
    assert not budget.take(0.5, REQUESTS_PER_S)
    assert budget.take(0.5, REQUESTS_PER_S // 2)
    assert not budget.take(10_000.0, REQUEST_BURST + 1)
    assert budget.take(10_000.0, REQUEST_BURST)


def test_what_is_refused_costs_nothing() -> None:
    budget = RequestBudget()
    assert not budget.take(0.0, REQUEST_BURST + 1)
    assert budget.take(0.0, REQUEST_BURST)


def test_what_everybody_hears_costs_more() -> None:
    assert cost_of(protocol.Ping()) == 0
    assert cost_of(protocol.SetDisplayName("Ada")) == 4
