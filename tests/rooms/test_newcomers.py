"""How many come in, by what those bring who have just come. Time is a number."""

from __future__ import annotations

import pytest

from rooms.runtime.admission import Admission, JoinPace, Level
from rooms.runtime.newcomers import (
    BEGINS_S,
    LEAST_PACKET_S,
    MEMORY_S,
    USUAL_NEWCOMER_S,
    USUAL_PACKET_S,
    Costs,
    Newcomers,
)

LOOK_S = 0.1
RATE = 600.0
PACKET_S = 4e-6
VIEWER = RATE * PACKET_S


def play(newcomers: Newcomers, seconds: float, viewers: int, begin: float = 0.0) -> float:
    """So many receive for so long."""
    for look in range(1, round(seconds / LOOK_S) + 1):
        newcomers.look(begin + look * LOOK_S, min(1.0, viewers * VIEWER), round(viewers * RATE * LOOK_S))
    return begin + seconds


def fill(newcomers: Newcomers, now: float) -> int:
    """How many come in at this moment, of an endless crowd."""
    count = 0
    while newcomers.has_place(RATE):
        newcomers.come(now, RATE)
        count += 1
    return count


class TestCosts:
    def test_nothing_is_known_at_first_but_what_is_usual(self) -> None:
        assert Costs().packet_s == pytest.approx(USUAL_PACKET_S)

    def test_what_packets_cost_is_told_apart_from_what_newcomers_do(self) -> None:
        costs = Costs()
        for second in range(60):
            packets, newcomers = 100 * second, (60, 0, 20)[second % 3]
            costs.look(1.0, 1000 * PACKET_S * packets / 100 + 0.01 * newcomers, 10 * packets, newcomers)
        assert costs.packet_s == pytest.approx(PACKET_S, rel=0.15)

    def test_a_machine_that_becomes_slower_is_noticed(self) -> None:
        costs = Costs()
        for second in range(240):
            costs.look(1.0, 50_000 * (PACKET_S if second < 120 else 3 * PACKET_S), 50_000, second % 2)
        assert costs.packet_s == pytest.approx(3 * PACKET_S, rel=0.1)

    def test_packets_are_never_for_nothing(self) -> None:
        costs = Costs()
        for _ in range(60):
            costs.look(1.0, 0.0, 50_000, 5)
        assert costs.packet_s == LEAST_PACKET_S


class TestNewcomers:
    def test_no_more_come_in_at_once_than_there_is_place_for(self) -> None:
        newcomers = Newcomers(0.9)
        now = play(newcomers, 30, 200)
        assert 200 + fill(newcomers, now) == pytest.approx(0.9 / VIEWER, abs=10)

    def test_what_is_measured_of_them_is_expected_no_more(self) -> None:
        newcomers = Newcomers(0.9)
        now = play(newcomers, 30, 200)
        came = 50
        for _ in range(came):
            newcomers.come(now, RATE)
        now = play(newcomers, BEGINS_S, 200, now)
        now = play(newcomers, 5 * MEMORY_S, 200 + came, now)
        assert 200 + came + fill(newcomers, now) == pytest.approx(0.9 / VIEWER, abs=10)

    def test_who_left_again_takes_no_place_for_long(self) -> None:
        newcomers = Newcomers(0.9)
        now = play(newcomers, 30, 200)
        first = fill(newcomers, now)
        now = play(newcomers, BEGINS_S + 5 * MEMORY_S, 200, now)
        assert fill(newcomers, now) == pytest.approx(first, abs=2)

    def test_a_crowd_fills_a_node_to_its_limit_and_no_further(self) -> None:
        newcomers, now, came = Newcomers(0.9), 0.0, list[float]()
        while now < 60:
            inside = 20 + sum(one <= now - 1.5 for one in came)
            comes_in_s = sum(one > now - LOOK_S / 2 for one in came) * USUAL_NEWCOMER_S
            now += LOOK_S
            newcomers.look(now, min(1.0, inside * VIEWER + comes_in_s / LOOK_S), round(inside * RATE * LOOK_S))
            if newcomers.has_place(RATE):
                newcomers.come(now, RATE)
                came.append(now)
        assert (20 + len(came)) * VIEWER == pytest.approx(0.9, abs=0.02)

    def test_to_a_full_node_comes_one_after_the_other_when_the_one_before_shows(self) -> None:
        newcomers = Newcomers(0.9)
        now = play(newcomers, 30, 400)
        assert fill(newcomers, now) == 1
        now = play(newcomers, BEGINS_S, 400, now)
        assert fill(newcomers, now) == 0
        now = play(newcomers, 2 * MEMORY_S, 400, now)
        assert fill(newcomers, now) == 1

    def test_who_waits_for_a_moderator_costs_what_coming_in_costs_when_they_knock(self) -> None:
        places = []
        for are_let_in in (False, True):
            newcomers = Newcomers(0.9)
            for second in range(60):
                came = 20 if second % 3 == 0 and second < 50 else 0
                for _ in range(came):
                    newcomers.come(second, 0.0)
                if second % 3 == 1 and second < 50 and are_let_in:
                    for _ in range(20):
                        newcomers.expect(second, RATE)
                packets = (20_000, 60_000, 40_000)[second % 3]
                newcomers.look(second + 1.0, packets * PACKET_S + 0.01 * came, packets)
            places.append(fill(newcomers, 60.0))
        assert places[1] == places[0] > 10

    def test_without_a_limit_and_for_those_who_receive_elsewhere_there_is_always_place(self) -> None:
        full, unlimited = Newcomers(0.9), Newcomers(0.0)
        for newcomers in (full, unlimited):
            newcomers.come(play(newcomers, 30, 400), RATE)
        assert (full.has_place(RATE), full.has_place(0.0), unlimited.has_place(RATE)) == (False, True, True)


@pytest.mark.parametrize(("expects", "latest_s", "load"), [(True, 0.06, 0.92), (False, 15.0, 1.3)])
def test_those_inside_do_not_hear_a_crowd_whose_media_begins_after_seconds(
    *, expects: bool, latest_s: float, load: float
) -> None:
    """Twenty-five a second for a webinar of twenty cameras; without what is expected they would be in too soon."""
    viewer, rate = 0.006, 1000
    pace, admission, newcomers = JoinPace(), Admission(0.9), Newcomers(0.9)
    came, waiting, now, queue_s, late = list[float](), 0.0, 0.0, 0.0, list[float]()
    while now < 60:
        now += LOOK_S
        waiting = min(50.0, waiting + 25 * LOOK_S)
        inside = 20 + sum(one <= now - 3 for one in came)
        demand = inside * viewer + USUAL_NEWCOMER_S * sum(one > now - 1 for one in came)
        queue_s = max(0.0, queue_s + (demand - 1) * LOOK_S)
        busy, late_s = (1.0, queue_s) if queue_s else (demand, 0.004 / max(0.02, 1 - demand))
        late.append(late_s)
        pace.look(now, late_s, busy)
        admission.look(now, late_s, busy, 20 + len(came))
        newcomers.look(now, busy, round(inside * rate * LOOK_S * busy / max(1.0, demand)))
        while waiting >= 1 and admission.level < Level.NO_NEWCOMERS and (newcomers.has_place(rate) or not expects):
            if not pace.take(1):
                break
            newcomers.come(now, rate)
            came.append(now)
            waiting -= 1
    assert latest_s / 2 < max(late) < latest_s
    assert load - 0.1 < (20 + len(came)) * viewer < load
