"""Each job is made by one composer at a time, whatever happens to composers."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from meet.accounts.models import Account
from meet.leases import LEASE, Lease
from recording.jobs.turns import TURNS_KEPT, held, keep, lease_next, others_wait, release
from recording.jobs.videos import Composing, do_compose_again, do_delete, do_restore
from recording.models import Status, Video
from tests.recording.library import NOW, recorded, video_of

pytestmark = pytest.mark.usefixtures("database")
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def account(database: str) -> Account:  # noqa: ARG001 - the tables
    return Account.objects.create(name="acme")


def leased(now: dt.datetime = NOW, node: str = "serv0") -> Lease | None:
    return lease_next(Composing().jobs(node), now)


def test_the_longest_overdue_one_is_first_and_the_next_one_waits_for_it(account: Account) -> None:
    first, second = (video_of(recorded(account, name)) for name in ("one", "two"))
    Video.objects.filter(pk=second.pk).update(due_at=NOW - SECOND)
    lease = leased()
    assert lease is not None
    assert lease.key == second.pk
    assert Video.objects.get(pk=second.pk).status == Status.COMPOSING
    assert leased() is None
    release(Video, lease)
    Video.objects.filter(pk=second.pk).update(status=Status.READY)
    following = leased()
    assert following is not None
    assert following.key == first.pk


def test_a_lease_of_a_clock_that_was_ahead_holds_nothing_up(account: Account) -> None:
    video_of(recorded(account))
    assert leased(NOW + 120 * LEASE) is not None
    assert leased(NOW + SECOND) is not None


def test_one_composer_may_see_to_several_nodes_of_its_machine(account: Account) -> None:
    video = video_of(recorded(account))
    assert lease_next(Composing().jobs("serv1", "serv2"), NOW) is None
    lease = lease_next(Composing().jobs("serv1", "serv0"), NOW)
    assert lease is not None
    assert lease.key == video.pk


def test_what_is_not_due_or_on_another_machine_or_put_away_is_left_alone(account: Account) -> None:
    video = video_of(recorded(account))
    assert leased(NOW - SECOND) is None
    assert leased(node="serv1") is None
    do_delete(video, NOW)
    assert leased() is None
    do_restore(video)
    assert leased() is not None


def test_accounts_take_turns_however_many_wait_of_one(account: Account) -> None:
    other, third = (Account.objects.create(name=name) for name in ("other", "third"))
    for number in range(4):
        Video.objects.filter(pk=video_of(recorded(account, f"acme {number}")).pk).update(due_at=NOW - 9 * SECOND)
    for number in range(2):
        video_of(recorded(other, f"other {number}"))
    video_of(recorded(third, "third"))
    turns = []
    for turn in range(7):
        lease = leased(NOW + turn * SECOND)
        assert lease is not None
        turns.append(Video.objects.get(pk=lease.key).account)
        Video.objects.filter(pk=lease.key).update(status=Status.READY, lease_until=None)
    assert turns == [account, other, third, account, other, account, account]


def test_a_turn_is_remembered_when_its_video_is_deleted_and_forgotten_after_a_day(account: Account) -> None:
    other = Account.objects.create(name="other")
    (mine, theirs) = (video_of(recorded(one, one.name)) for one in (account, other))
    lease = leased()
    assert lease is not None
    assert lease.key == mine.pk
    Video.objects.filter(pk=mine.pk).update(status=Status.READY, lease_until=None)
    do_delete(mine, NOW)
    again = video_of(recorded(account, "again"))
    Video.objects.filter(pk=again.pk).update(due_at=NOW - SECOND)
    following = leased(NOW + SECOND)
    assert following is not None
    assert following.key == theirs.pk
    release(Video, following)
    later = leased(NOW + TURNS_KEPT + 2 * SECOND)
    assert later is not None
    assert later.key == again.pk


def test_only_another_accounts_due_video_on_this_machine_waits_for_a_turn(account: Account) -> None:
    other = Account.objects.create(name="other")
    video_of(recorded(account))
    lease = leased()
    assert lease is not None
    jobs = Composing().jobs("serv0")
    video_of(recorded(account, "mine"))
    video_of(recorded(other, "elsewhere", node="serv1"))
    Video.objects.filter(pk=video_of(recorded(other, "later")).pk).update(due_at=NOW + SECOND)
    assert not others_wait(jobs, lease, NOW)
    assert others_wait(jobs, lease, NOW + SECOND)


def test_the_seconds_spent_on_it_add_up_until_it_is_composed_again(account: Account) -> None:
    video = video_of(recorded(account))
    lease = leased()
    assert lease is not None
    assert keep(Video, lease, NOW, 10, 2.5)
    assert keep(Video, lease, NOW, 10, 1.5)
    video.refresh_from_db()
    assert video.spent_s == 4.0
    do_compose_again(video, NOW)
    video.refresh_from_db()
    assert video.spent_s == 0


@pytest.mark.parametrize("status", [Status.READY, Status.FAILED])
def test_what_is_done_is_not_made_again_until_somebody_wants_that(account: Account, status: Status) -> None:
    video = video_of(recorded(account), status)
    assert leased() is None
    do_compose_again(video, NOW)
    assert leased() is not None


def test_a_lease_that_is_not_kept_up_is_somebody_elses(account: Account) -> None:
    video_of(recorded(account))
    first = leased()
    assert first is not None
    assert keep(Video, first, NOW + LEASE / 2, 40)
    assert leased(NOW + LEASE) is None
    second = leased(NOW + 2 * LEASE)
    assert second is not None
    assert not keep(Video, first, NOW + 2 * LEASE, 50)
    assert not held(Video, first).exists()
    release(Video, first)  # too late
    assert keep(Video, second, NOW + 2 * LEASE, 45)
    assert Video.objects.get().progress == 45


def test_who_composes_what_is_deleted_meanwhile_loses_it(account: Account) -> None:
    video = video_of(recorded(account))
    lease = leased()
    assert lease is not None
    do_delete(video, NOW)
    assert not keep(Video, lease, NOW, 10)
    do_restore(video)
    assert not keep(Video, lease, NOW, 10)
    assert leased() is not None


def test_of_many_who_want_one_at_once_one_gets_it(account: Account) -> None:
    together = threading.Barrier(6)

    def lease(_number: int) -> Lease | None:
        try:
            together.wait()
            return leased()
        finally:
            connection.close()

    for number in range(5):
        video = video_of(recorded(account, f"{number}"))
        with ThreadPoolExecutor(6) as threads:
            won = [found for found in threads.map(lease, range(6)) if found is not None]
        assert [found.key for found in won] == [video.pk]
        assert held(Video, won[0]).exists()
        Video.objects.all().delete()
