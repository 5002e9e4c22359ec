"""How busy nodes are, and which of them is the least loaded. Time is a parameter."""

from __future__ import annotations

import pytest
from django.utils import timezone

from meet.run.loop_lag import LoopLag
from rooms.models import Node
from rooms.nodes.load import FULL_LAG_MS, NEW_ROOM_PERCENT, PERCENT_STEP, Load, Meter, burden, rank
from rooms.nodes.placement import candidates


def node(name: str, **load: int) -> Node:
    now = timezone.now()
    return Node(name=name, pk=int(name[4:]) + 1, port=8001, started_at=now, heartbeat_at=now, **load)


def names(nodes: list[Node], **more: object) -> list[str]:
    return [one.name for one in candidates("room", nodes, timezone.now(), "least", **more)]  # type: ignore[arg-type]


class TestMeter:
    def test_the_first_look_has_nothing_to_compare_with(self) -> None:
        assert Meter().look(10.0, 3.0) == Load()

    def test_it_tells_what_happened_since_the_last_look(self) -> None:
        lag, packets = LoopLag(), [1000]
        meter = Meter(lag, lambda: packets[0])
        meter.look(10.0, 3.0)
        for _ in range(10):
            lag.note(0.02)
        packets[0] += 4000
        assert meter.look(12.0, 4.0) == Load(load_percent=50, lag_ms=20, packets_per_s=2000)

    def test_a_moment_counts_for_little_and_what_lasts_shows_within_seconds(self) -> None:
        lag = LoopLag()
        meter = Meter(lag)
        wall, cpu = 0.0, 0.0
        meter.look(wall, cpu)

        def second(share: float, late_s: float) -> Load:
            nonlocal wall, cpu
            wall, cpu = wall + 1, cpu + share
            for _ in range(10):
                lag.note(late_s)
            return meter.look(wall, cpu)

        assert second(0.1, 0.001).load_percent == 10
        assert second(1.0, 0.1).load_percent < 50
        later = [second(0.9, 0.05) for _ in range(6)]
        assert later[-1].load_percent >= 88
        assert later[-1].lag_ms == pytest.approx(50, abs=3)

    def test_a_loop_that_stood_still_has_no_looks(self) -> None:
        meter = Meter(LoopLag())
        meter.look(0.0, 0.0)
        assert meter.look(1.0, 2.0) == Load(load_percent=100)


class TestRank:
    def test_what_the_loop_uses_counts_before_people(self) -> None:
        busy, many = node("serv0", load_percent=80, peers=1), node("serv1", load_percent=15, peers=300)
        assert names([busy, many]) == ["serv1", "serv0"]

    def test_one_that_comes_late_is_busy_whatever_its_processor_says(self) -> None:
        late, used = node("serv0", load_percent=5, lag_ms=FULL_LAG_MS), node("serv1", load_percent=60)
        assert (burden(late), burden(used)) == (100, 60)
        assert names([late, used]) == ["serv1", "serv0"]

    def test_chance_does_not_decide(self) -> None:
        assert names([node("serv0", load_percent=3, peers=9), node("serv1", load_percent=6)]) == ["serv1", "serv0"]

    def test_of_two_alike_the_one_that_forwards_less_comes_first(self) -> None:
        nodes = [node("serv0", load_percent=40, packets_per_s=9000), node("serv1", load_percent=41, packets_per_s=3000)]
        assert names(nodes) == ["serv1", "serv0"]

    def test_rooms_that_open_at_once_are_spread_before_any_node_has_reported(self) -> None:
        nodes = [node("serv0"), node("serv1"), node("serv2")]
        recent: dict[int, int] = {}
        for _ in range(9):
            first = candidates("room", nodes, timezone.now(), "least", recent)[0]
            recent[first.pk] = recent.get(first.pk, 0) + 1
        assert sorted(recent.values()) == [3, 3, 3]

    def test_so_many_new_rooms_weigh_as_much_as_load(self) -> None:
        many = PERCENT_STEP // NEW_ROOM_PERCENT + 1
        assert rank(node("serv0"), many) > rank(node("serv1", load_percent=PERCENT_STEP - 1, peers=many), 0)

    def test_the_prefix_of_a_room_and_the_default_come_before_load(self) -> None:
        nodes = [node("serv0"), node("serv1", load_percent=90), node("serv2", load_percent=50)]
        assert candidates("serv1team", nodes, timezone.now(), "serv2")[0].name == "serv1"
        assert candidates("team", nodes, timezone.now(), "serv2")[0].name == "serv2"
