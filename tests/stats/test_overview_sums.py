"""Days' sums: the database counts what a slow and obvious reference counts, on both databases."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meet.accounts.models import Account
from rooms.webhooks.models import Delivery, Endpoint
from stats.models import DailyUsage, Session
from stats.overview.days import DAY, DaySums, bounds, last_days
from stats.overview.sums import SILENCE, day_sums, first_day, going_since
from stats.overview.usage import SETTLED_AFTER, keep, usage
from stats.tasks import keep_usage

if TYPE_CHECKING:
    from collections.abc import Sequence

TODAY = dt.date(2026, 6, 21)
MIDNIGHT, _ = bounds(TODAY)
HOUR = dt.timedelta(hours=1)
STEP = dt.timedelta(hours=4)
pytestmark = pytest.mark.usefixtures("database")


def session(
    account: Account,
    joined: dt.datetime,
    ended: dt.datetime,
    room: str = "room",
    *,
    over: bool = True,
    lost: bool = False,
) -> Session:
    return Session.objects.create(
        account=account,
        room_id=room,
        peer_id="peer",
        joined_at=joined,
        marked_at=ended,
        left_at=ended if over else None,
        interrupted=lost,
    )


def sums_of(account: Account, days: Sequence[dt.date], now: dt.datetime) -> list[DaySums]:
    return usage(account, days, first_day(account) or TODAY, now)


def reference(sessions: Sequence[Session], day: dt.date) -> DaySums:
    """The sums from their definitions."""
    start, end = bounds(day)
    inside = [one for one in sessions if start <= one.joined_at < end or (one.joined_at < start < one.marked_at)]
    parts = [(max(one.joined_at, start), min(one.marked_at, end)) for one in inside]
    peak = max(
        (sum(left <= moment < right or left == right == moment for left, right in parts) for moment, _ in parts),
        default=0,
    )
    return DaySums(
        seconds=round(sum(((right - left) for left, right in parts), dt.timedelta()).total_seconds()),
        peak=peak,
        rooms=len({one.room_id for one in inside}),
        sessions=len(inside),
        lost=sum(one.interrupted and one.marked_at <= end for one in inside),
    )


# Moments are few, so that beginnings, ends and midnights coincide often.
moments = st.integers(0, 24).map(lambda number: MIDNIGHT - 3 * DAY + number * STEP)
stays = st.tuples(moments, moments, st.sampled_from(["a", "b", "c"]), st.booleans())


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(stays, max_size=12), st.booleans())
def test_sums_are_what_the_definition_says(
    database: str, drawn: list[tuple[dt.datetime, dt.datetime, str, bool]], keep: bool
) -> None:
    del database
    account = Account.objects.create(name="Acme")
    other = Account.objects.create(name="Other")
    try:
        sessions = [session(account, min(a, b), max(a, b), room, lost=lost) for a, b, room, lost in drawn]
        session(other, MIDNIGHT - DAY, MIDNIGHT)
        days = last_days(TODAY + DAY, 6)
        now = MIDNIGHT + (9 * DAY if keep else HOUR)
        wanted = [reference(sessions, day) for day in days]
        assert sums_of(account, days, now) == wanted
        assert sums_of(account, days, now) == wanted, "from what was kept"
        assert sums_of(account, days[3:], now) == wanted[3:], "without what came before"
    finally:
        account.delete()
        other.delete()


def test_a_long_session_counts_in_each_of_its_days() -> None:
    account = Account.objects.create(name="Acme")
    session(account, MIDNIGHT - 2 * DAY - HOUR, MIDNIGHT + HOUR)
    session(account, MIDNIGHT, MIDNIGHT + HOUR)
    found = sums_of(account, last_days(TODAY, 4), MIDNIGHT + 2 * HOUR)
    assert [sums.seconds for sums in found] == [3600, 86400, 86400, 7200]
    assert [sums.peak for sums in found] == [1, 1, 1, 2]


def test_who_comes_when_another_leaves_is_not_there_with_them() -> None:
    account = Account.objects.create(name="Acme")
    session(account, MIDNIGHT, MIDNIGHT + HOUR)
    session(account, MIDNIGHT + HOUR, MIDNIGHT + 2 * HOUR)
    session(account, MIDNIGHT + HOUR, MIDNIGHT + HOUR)
    sums, since = day_sums(account, TODAY, MIDNIGHT, MIDNIGHT + 3 * HOUR)
    assert sums == DaySums(seconds=7200, peak=2, rooms=1, sessions=3)
    assert since == MIDNIGHT + DAY


def test_days_that_are_settled_are_kept_and_read_from_what_was_kept() -> None:
    account = Account.objects.create(name="Acme")
    session(account, MIDNIGHT - DAY, MIDNIGHT - DAY + HOUR)
    days = last_days(TODAY, 3)
    sums_of(account, days, MIDNIGHT + SETTLED_AFTER - HOUR)
    assert not DailyUsage.objects.exists()
    sums_of(account, days, MIDNIGHT + SETTLED_AFTER)
    assert [row.day for row in DailyUsage.objects.all()] == [TODAY - DAY]
    DailyUsage.objects.update(seconds=1)
    assert [sums.seconds for sums in sums_of(account, days, MIDNIGHT + SETTLED_AFTER)] == [0, 1, 0]


def test_the_worker_keeps_the_days_of_all_accounts_that_are_settled() -> None:
    accounts = [Account.objects.create(name=name) for name in ("Acme", "Other", "Nobody")]
    today, _ = bounds(timezone.now().date())
    for account in accounts[:2]:
        session(account, today - 3 * DAY, today - 3 * DAY + HOUR)
    keep_usage()
    keep_usage()
    for account in accounts[:2]:
        kept = DailyUsage.objects.filter(account=account)
        assert [row.day for row in kept][:2] == [(today - 3 * DAY).date(), (today - 2 * DAY).date()]
        assert [row.sessions for row in kept][:2] == [1, 0]
    assert not DailyUsage.objects.filter(account=accounts[2]).exists()


def test_what_is_kept_ends_with_yesterday() -> None:
    account = Account.objects.create(name="Acme")
    session(account, MIDNIGHT - 40 * DAY, MIDNIGHT + HOUR)
    keep(account, MIDNIGHT + 12 * HOUR)
    days = [row.day for row in DailyUsage.objects.all()]
    assert days == last_days(TODAY - DAY, 29)


def test_two_who_look_at_once_keep_a_day_once() -> None:
    account = Account.objects.create(name="Acme")
    session(account, MIDNIGHT - DAY, MIDNIGHT - DAY + HOUR)
    kept = DailyUsage(
        account=account,
        day=TODAY - DAY,
        going_since=MIDNIGHT,
        seconds=1,
        peak=1,
        rooms=1,
        sessions=1,
        lost=0,
        failed_events=0,
    )
    DailyUsage.objects.bulk_create([kept], ignore_conflicts=True)
    DailyUsage.objects.bulk_create([kept], ignore_conflicts=True)
    sums_of(account, last_days(TODAY, 3), MIDNIGHT + SETTLED_AFTER)
    assert DailyUsage.objects.get().seconds == 1


def test_a_session_whose_node_is_silent_is_lost_and_one_that_lasts_is_not() -> None:
    account = Account.objects.create(name="Acme")
    now = MIDNIGHT + HOUR
    session(account, MIDNIGHT, now - SILENCE / 2, over=False)
    session(account, MIDNIGHT, now - SILENCE * 2, over=False)
    session(account, MIDNIGHT, now - SILENCE * 2, lost=True)
    session(account, MIDNIGHT, now - SILENCE * 2)
    sums, _ = day_sums(account, TODAY, MIDNIGHT, now)
    assert sums.lost == 2


def test_failed_events_are_counted_once_on_the_day_when_they_happened() -> None:
    account, other = Account.objects.create(name="Acme"), Account.objects.create(name="Other")
    session(account, MIDNIGHT, MIDNIGHT + HOUR)
    for whose, failures, moment in (
        (account, 0, MIDNIGHT),
        (account, 1, MIDNIGHT),
        (account, 15, MIDNIGHT + HOUR),
        (account, 1, MIDNIGHT - HOUR),
        (account, 1, MIDNIGHT + DAY),
        (other, 1, MIDNIGHT),
    ):
        endpoint, _ = Endpoint.objects.get_or_create(account=whose, url="https://example.org/events")
        Delivery.objects.create(
            endpoint=endpoint, room_id="room", kind="joinPeer", happened_at=moment, failures=failures
        )
    sums, _ = day_sums(account, TODAY, MIDNIGHT, MIDNIGHT + 2 * HOUR)
    assert sums.failed_events == 2


def test_the_first_day_is_the_one_on_which_somebody_came() -> None:
    account = Account.objects.create(name="Acme")
    assert first_day(account) is None
    assert going_since(account, MIDNIGHT) == MIDNIGHT
    session(account, MIDNIGHT - HOUR, MIDNIGHT + HOUR)
    assert first_day(account) == TODAY - DAY
    assert going_since(account, MIDNIGHT) == MIDNIGHT - HOUR
