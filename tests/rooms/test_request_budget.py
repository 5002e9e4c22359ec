"""The token bucket: how much one client may ask for."""

from __future__ import annotations

from rooms import protocol
from rooms.runtime.request_budget import (
    JOIN_BURST,
    MAX_COUNTED,
    MAX_SLOW_JOINS,
    REQUEST_BURST,
    REQUESTS_PER_S,
    SECONDS_PER_JOIN,
    JoinBudget,
    RequestBudget,
    cost_of,
)


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


def test_what_tracks_are_made_for_costs_more() -> None:
    assert cost_of(protocol.ChooseLanguage("de")) > cost_of(protocol.SetDisplayName("Ada"))
    budget = RequestBudget()
    chosen = sum(budget.take(step / 20, 1 + cost_of(protocol.ChooseLanguage("de"))) for step in range(20 * 60))
    assert 200 < chosen < 400  # in a minute of asking all the time; then the connection is at its end


def test_joins_in_a_loop_are_slowed_down_and_then_refused() -> None:
    joins = JoinBudget()
    waits = [joins.take("ada", 5.0) for _ in range(JOIN_BURST + MAX_SLOW_JOINS + 2)]
    assert waits == [*[0.0] * JOIN_BURST, *(1.0 + step for step in range(MAX_SLOW_JOINS)), None, None]
    assert joins.take("bob", 5.0) == 0.0


def test_who_is_refused_may_join_again_after_a_while_and_all_is_forgotten_in_the_end() -> None:
    joins = JoinBudget()
    while joins.take("ada", 0.0) is not None:
        pass
    assert joins.take("ada", SECONDS_PER_JOIN - 1) is None
    assert joins.take("ada", SECONDS_PER_JOIN) == MAX_SLOW_JOINS
    assert [joins.take("ada", 3600.0) for _ in range(JOIN_BURST)] == [0.0] * JOIN_BURST


def test_joins_are_counted_for_so_many_and_no_more() -> None:
    joins = JoinBudget()
    while joins.take("ada", 0.0) is not None:
        pass
    for number in range(MAX_COUNTED):
        joins.take(str(number), 0.0)
    assert joins.take("ada", 0.0) == 0.0
