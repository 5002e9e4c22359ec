"""Sums of sessions: the spec's examples, edges of periods, and any sessions against counting second by second."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meet.accounts.hosts import default_account
from meet.accounts.models import Account
from stats.models import Session
from stats.period import Period
from stats.queries import Stay, Summary, stays, summary
from stats.writing import write
from tests.stats.parts import at, session

if TYPE_CHECKING:
    from collections.abc import Iterable

pytestmark = pytest.mark.usefixtures("database")

MONDAY = 1_624_233_600  # 2021-06-21T00:00:00Z
DAY = 86_400
HOUR = 3600
BOTH_DAYS = Period(MONDAY, MONDAY + 2 * DAY)


def add(*sessions: tuple[str, float, float]) -> None:
    """Finished sessions in the room: who, from, to."""
    account = default_account()
    Session.objects.bulk_create(session(account, "room", *one) for one in sessions)


def total(period: Period, room_id: str = "room") -> Summary | None:
    return summary(default_account(), room_id, period)


def listed(period: Period, offset: int = 0, limit: int = 100) -> list[Stay]:
    return stays(default_account(), "room", period, offset=offset, limit=limit)


class TestExamples:
    """Spec: "Statistics"."""

    def test_summary_of_a_room_in_which_somebody_was_all_the_time(self) -> None:
        add(
            ("peer3", 1624268280, 1624358940),
            ("peer2", 1624268640, 1624269300),
            ("peer1", 1624270800, 1624274520),
            ("peer1", 1624270380, 1624270740),
        )
        assert total(BOTH_DAYS) == Summary(3, start_time=1624268280, end_time=1624358940, duration=90660)

    def test_list_with_its_order(self) -> None:
        add(
            ("peer1", 1624270380, 1624270740),
            ("peer2", 1624268640, 1624269300),
            ("peer1", 1624270800, 1624274520),
        )
        found = listed(BOTH_DAYS)
        assert found == [
            Stay("peer2", 1624268640, 1624269300),
            Stay("peer1", 1624270800, 1624274520),
            Stay("peer1", 1624270380, 1624270740),
        ]
        assert [stay.duration for stay in found] == [660, 3720, 360]

    def test_sixty_minutes_each_day(self) -> None:
        add(("ann", MONDAY + 9 * HOUR, MONDAY + 10 * HOUR), ("ann", MONDAY + DAY + 14 * HOUR, MONDAY + DAY + 15 * HOUR))
        for day in (MONDAY, MONDAY + DAY):
            found = total(Period(day, day + DAY))
            assert found is not None
            assert found.duration == 60 * 60
        found = total(BOTH_DAYS)
        assert found is not None
        assert found.duration == 120 * 60

    def test_five_minutes_at_the_beginning_and_five_at_the_end(self) -> None:
        add(
            ("host", MONDAY, MONDAY + HOUR),
            ("guest", MONDAY, MONDAY + 300),
            ("guest", MONDAY + HOUR - 300, MONDAY + HOUR),
        )
        stays_of_guest = [stay.duration for stay in listed(BOTH_DAYS) if stay.person_id == "guest"]
        assert stays_of_guest == [300, 300]
        assert sum(stays_of_guest) == 600
        found = total(BOTH_DAYS)
        assert found is not None
        assert found.duration == 3600


class TestPeriods:
    def test_only_what_lies_in_the_period_counts(self) -> None:
        add(("ann", MONDAY - HOUR, MONDAY + HOUR), ("bob", MONDAY + DAY - 60, MONDAY + DAY + 60))
        monday = Period(MONDAY, MONDAY + DAY)
        assert total(monday) == Summary(2, MONDAY, MONDAY + DAY, HOUR + 60)
        assert listed(monday) == [Stay("bob", MONDAY + DAY - 60, MONDAY + DAY), Stay("ann", MONDAY, MONDAY + HOUR)]

    @pytest.mark.parametrize(("start", "end"), [(-HOUR, 0), (DAY, DAY + HOUR)])
    def test_what_only_touches_it_does_not(self, start: int, end: int) -> None:
        add(("ann", MONDAY + start, MONDAY + end))
        monday = Period(MONDAY, MONDAY + DAY)
        assert (total(monday), listed(monday)) == (None, [])

    def test_who_has_just_come_is_there(self) -> None:
        add(("ann", MONDAY, MONDAY))
        assert total(Period(MONDAY, MONDAY + 1)) == Summary(1, MONDAY, MONDAY, 0)

    def test_a_session_that_lasts_reaches_to_its_mark(self) -> None:
        account = default_account()
        session(account, "room", "ann", MONDAY, MONDAY + 30, left_at=None).save()
        session(account, "room", "bob", MONDAY + 90, MONDAY + 90, left_at=None, node="long dead").save()
        assert total(BOTH_DAYS) == Summary(2, MONDAY, MONDAY + 90, 30)
        assert listed(BOTH_DAYS) == [Stay("bob", MONDAY + 90, MONDAY + 90), Stay("ann", MONDAY, MONDAY + 30)]

    def test_times_are_whole_seconds_and_fit_together(self) -> None:
        add(("ann", MONDAY + 0.9, MONDAY + 60.1), ("bob", MONDAY + 60.2, MONDAY + 61.9))
        assert total(BOTH_DAYS) == Summary(2, MONDAY, MONDAY + 61, 61)
        assert [stay.duration for stay in listed(BOTH_DAYS)] == [1, 60]

    def test_before_1970_nobody_was_there(self) -> None:
        assert total(Period(-10 * DAY, -DAY)) is None
        assert listed(Period(-10 * DAY, -DAY)) == []


def test_other_rooms_and_other_accounts_are_left_out() -> None:
    other = Account.objects.create(name="Other")
    session(default_account(), "elsewhere", "eve", MONDAY, MONDAY + HOUR).save()
    session(other, "room", "eve", MONDAY, MONDAY + HOUR).save()
    assert (total(BOTH_DAYS), listed(BOTH_DAYS)) == (None, [])
    assert summary(other, "room", BOTH_DAYS) == Summary(1, MONDAY, MONDAY + HOUR, HOUR)


def test_pages_of_the_list_make_the_whole() -> None:
    add(*((f"p{number % 3}", MONDAY + number // 2, MONDAY + 100) for number in range(20)))
    whole = listed(BOTH_DAYS)
    assert len(whole) == 20
    pages = [listed(BOTH_DAYS, offset, 6) for offset in (0, 6, 12, 18, 24)]
    assert [len(page) for page in pages] == [6, 6, 6, 2, 0]
    assert [stay for page in pages for stay in page] == whole


class Interval(NamedTuple):
    person: str
    start: int
    end: int


def intervals() -> st.SearchStrategy[Interval]:
    times = st.tuples(st.integers(0, 40), st.integers(0, 20) | st.integers(DAY - 1, DAY + 1))
    return st.builds(lambda person, time: Interval(person, time[0], sum(time)), st.sampled_from("abc"), times)


# Near the beginnings of sessions, and near the ends of those that last for a day.
STARTS = st.integers(0, 50) | st.integers(DAY, DAY + 50)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(intervals(), max_size=12), STARTS, st.integers(1, 50))
def test_any_sessions_come_to_what_counting_each_second_does(found: list[Interval], start: int, length: int) -> None:
    Session.objects.all().delete()
    add(*((one.person, MONDAY + one.start, MONDAY + one.end) for one in found))
    expected = counted(found, start, start + length)
    period = Period(MONDAY + start, MONDAY + start + length)
    assert total(period) == expected
    seconds = sum(stay.duration for stay in listed(period))
    assert seconds == sum(len(present(one, start, start + length)) for one in found)


def present(one: Interval, start: int, end: int) -> set[int]:
    """The seconds of a period in which somebody is there."""
    return set(range(max(one.start, start), min(one.end, end)))


def counted(sessions: Iterable[Interval], start: int, end: int) -> Summary | None:
    """The plainest way."""
    inside = [
        one for one in sessions if present(one, start, end) or (one.start == one.end and start <= one.start < end)
    ]
    if not inside:
        return None
    return Summary(
        len({one.person for one in inside}),
        MONDAY + min(max(one.start, start) for one in inside),
        MONDAY + max(min(one.end, end) for one in inside),
        len(set().union(*(present(one, start, end) for one in inside))),
    )


@pytest.mark.parametrize("hours", [23, 24, 25, 24 * 400])
def test_somebody_who_came_long_before_the_period_is_found(hours: int) -> None:
    add(("ann", MONDAY - hours * HOUR, MONDAY + 60), ("bob", MONDAY - 2 * DAY, MONDAY - DAY))
    assert total(BOTH_DAYS) == Summary(1, MONDAY, MONDAY + 60, 60)
    assert listed(BOTH_DAYS) == [Stay("ann", MONDAY, MONDAY + 60)]
    assert Session.objects.get(peer_id="ann").long == (hours >= 24)


def test_a_session_becomes_long_while_it_lasts() -> None:
    session(default_account(), "room", "ann", MONDAY - 30 * HOUR, MONDAY - 29 * HOUR, left_at=None).save()
    assert total(BOTH_DAYS) is None
    write("serv0", [], at(MONDAY + 30))
    assert total(BOTH_DAYS) == Summary(1, MONDAY, MONDAY + 30, 30)
