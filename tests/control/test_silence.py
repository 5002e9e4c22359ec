"""A node that leaves a question unanswered is asked by one in a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from rooms.control.silence import REST_S, Silences
from rooms.models import Node

AT = datetime(2027, 1, 1, tzinfo=UTC)


def node(beat_s: float = 0, url: str = "http://10.0.0.1:8002", pk: int = 1) -> Node:
    return Node(pk=pk, name=f"serv{pk}", control_url=url, heartbeat_at=AT + timedelta(seconds=beat_s))


def test_one_of_all_who_want_to_asks_when_the_rest_is_over() -> None:
    silences = Silences()
    assert silences.may_ask(node(), 0)
    silences.was_silent(node(), 1)
    assert not silences.may_ask(node(), 1 + REST_S - 0.01)
    assert [silences.may_ask(node(), 1 + REST_S) for _ in range(3)] == [True, False, False]
    assert silences.may_ask(node(pk=2), 2), "another node"


def test_one_that_writes_heartbeats_or_is_elsewhere_is_asked_at_once() -> None:
    for back in (node(beat_s=1), node(beat_s=-100), node(url="http://10.0.0.2:8002")):
        silences = Silences()
        silences.was_silent(node(), 0)
        assert silences.may_ask(back, 0.1)
        assert silences.may_ask(back, 0.1)


def test_an_answer_ends_it() -> None:
    silences = Silences()
    silences.was_silent(node(), 0)
    silences.answered(node())
    assert silences.may_ask(node(), 0.1)
