"""What an account's admins are told when recordings go wrong, and what not."""

from __future__ import annotations

import datetime as dt

import pytest

from meet.accounts.models import Account, Incident
from meet.leases import LEASE
from recording.jobs.incidents import AGAIN, OVERDUE, tell_of_missing_composers
from recording.jobs.recordings import begin, end
from recording.jobs.turns import lease_next
from recording.jobs.videos import Composing, do_delete
from recording.models import Status
from rooms.room_key import RoomKey
from tests.recording.captures import STARTED_AT_MS
from tests.recording.library import NOW, recorded, video_of

pytestmark = pytest.mark.usefixtures("database")
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def acme(database: str) -> Account:  # noqa: ARG001 - the tables
    return Account.objects.create(name="acme")


def told() -> list[tuple[Account, str, int]]:
    return [(one.account, one.message, one.count) for one in Incident.objects.order_by("pk")]


@pytest.mark.parametrize(
    ("reason", "words"),
    [("diskFull", "nearly full"), ("writeError", "could not write"), ("stopped", ""), ("empty", "")],
)
def test_a_recording_that_ended_before_the_meeting(acme: Account, reason: str, words: str) -> None:
    begin(RoomKey(acme.pk, "serv0abc"), "serv0", "one", STARTED_AT_MS)
    for _ in range(2):
        end("one", STARTED_AT_MS + 60_000, reason)
    assert [(account, count) for account, _, count in told()] == ([(acme, 1)] if words else [])
    assert all(words in message for _, message, _ in told())


def test_videos_that_nobody_makes(acme: Account) -> None:
    video_of(recorded(acme, "one"))
    video_of(recorded(Account.objects.create(name="ready"), "two"), Status.READY)
    video_of(recorded(Account.objects.create(name="failed"), "three"), Status.FAILED)
    do_delete(video_of(recorded(Account.objects.create(name="put away"), "four")), NOW)
    tell_of_missing_composers(NOW + OVERDUE)
    assert told() == []
    late = NOW + OVERDUE + SECOND
    tell_of_missing_composers(late)
    tell_of_missing_composers(late + AGAIN)
    assert [(account, count) for account, _, count in told()] == [(acme, 1)]
    tell_of_missing_composers(late + AGAIN + SECOND)
    assert [(account, count) for account, _, count in told()] == [(acme, 2)]


def test_videos_that_wait_for_another_one(acme: Account) -> None:
    first, _ = (video_of(recorded(acme, name)) for name in ("one", "two"))
    late = NOW + OVERDUE + SECOND
    lease = lease_next(Composing().jobs("serv0"), late)
    assert lease is not None
    assert lease.key == first.pk
    tell_of_missing_composers(late + LEASE)
    assert told() == []
    video_of(recorded(acme, "elsewhere", node="serv1"))
    tell_of_missing_composers(late)
    assert [(account, count) for account, _, count in told()] == [(acme, 1)]
    tell_of_missing_composers(late + LEASE + SECOND)  # it was killed; told already
    assert [(account, count) for account, _, count in told()] == [(acme, 1)]
