"""Samples in the database: written once, forgotten in time, found by their room and period."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from meet.accounts.hosts import default_account
from meet.accounts.models import Account
from rooms.room_key import RoomKey
from rooms.runtime.figures import Figures
from rooms.runtime.samples import Sample as Measured
from stats.meetings import LONGEST, Meeting, download, file_name, meeting_of
from stats.models import Sample, Session
from stats.sampling import prune_samples, write_samples
from tests.stats.parts import START_MS, at, session
from tests.stats.test_collector import running
from tests.stats.waiting import run, until

START_S = START_MS // 1000


def measured(peer_id: str = "ada", second: int = 0, account_id: int | None = None, **figures: Any) -> Measured:
    """A sample of somebody's upload."""
    room = RoomKey(default_account().pk if account_id is None else account_id, "room")
    return Measured(room, peer_id, False, "up", START_MS + 1000 * second, 30, Figures(**{"loss": 0.1, **figures}))


def stored() -> list[tuple[str, int]]:
    return [(one.peer_id, round(one.at.timestamp()) - START_S) for one in Sample.objects.all()]


@pytest.mark.usefixtures("database")
class TestWriting:
    def test_a_batch_whose_commit_was_not_heard_of_is_written_once(self) -> None:
        batch = [measured("ada"), measured("bob"), measured("ada", 30)]
        write_samples(batch)
        write_samples(batch)
        assert stored() == [("ada", 0), ("bob", 0), ("ada", 30)]

    def test_an_account_that_is_gone_takes_no_other_sample_with_it(self) -> None:
        write_samples([measured("eve", account_id=987_654), measured("ada")])
        assert stored() == [("ada", 0)]

    def test_columns_bear_the_most_that_there_can_be(self) -> None:
        write_samples([measured(bitrate_bps=1e12, estimate_bps=4e9, freezes=1e12, width=16_384, layer=99_999)])
        row = Sample.objects.get()
        assert (row.bitrate_bps, row.freezes, row.layer) == (2_147_483_647, 2_147_483_647, 32_767)

    def test_old_ones_are_forgotten_bit_by_bit(self) -> None:
        write_samples([measured("ada", 30 * place) for place in range(7)])
        prune_samples(at(START_S + 86_400 + 100), setting=1, batch=2)
        assert stored() == [("ada", 120), ("ada", 150), ("ada", 180)]

    def test_with_no_days_to_keep_there_are_none(self) -> None:
        write_samples([measured("ada")])
        prune_samples(at(START_S + 60), setting=0)
        assert stored() == []

    def test_they_go_with_their_account(self) -> None:
        other = Account.objects.create(name="Other")
        write_samples([measured(account_id=other.pk), measured("ada")])
        other.delete()
        assert stored() == [("ada", 0)]


def test_a_collector_writes_samples_beside_sessions(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    del database
    monkeypatch.setattr("stats.collector.GATHER_SAMPLES_S", 0.01)
    samples = [measured("ada", 30 * place) for place in range(500)]

    async def live() -> None:
        async with running() as collector:
            collector.sampled(samples[0])
            await until(lambda: stored() == [("ada", 0)])
            for sample in samples[1:]:
                collector.sampled(sample)

    run(live)
    assert len(stored()) == 500


@pytest.mark.usefixtures("database")
class TestMeetings:
    def meeting(self, chosen: int, *stays: tuple[str, int, int]) -> Meeting:
        rows = [session(default_account(), "room", peer, START_S + came, START_S + went) for peer, came, went in stays]
        Session.objects.bulk_create(rows)
        return meeting_of(rows[chosen])

    def span(self, meeting: Meeting) -> tuple[int, int]:
        return (round(meeting.start.timestamp()) - START_S, round(meeting.end.timestamp()) - START_S)

    def test_it_reaches_from_the_first_to_the_last_whoever_is_looked_at(self) -> None:
        stays = (("ada", 0, 1000), ("bob", 900, 2000), ("cyd", 2100, 3000), ("dan", 4000, 5000))
        assert self.span(self.meeting(0, *stays)) == (0, 3001)
        assert self.span(meeting_of(Session.objects.get(peer_id="cyd"))) == (0, 3001)
        assert self.span(meeting_of(Session.objects.get(peer_id="dan"))) == (4000, 5001)

    def test_a_room_in_which_somebody_always_is_has_meetings_of_a_day(self) -> None:
        hours = [(f"p{hour}", 3600 * hour, 3600 * (hour + 1)) for hour in range(100)]
        start, end = self.span(self.meeting(50, *hours))
        assert start < 3600 * 50 < end
        assert end - start <= LONGEST.total_seconds() + 1

    def test_another_accounts_room_of_that_name_is_another_meeting(self) -> None:
        other = Account.objects.create(name="Other")
        session(other, "room", "eve", START_S - 100, START_S + 9000).save()
        write_samples([measured("eve", account_id=other.pk), measured("ada")])
        meeting = self.meeting(0, ("ada", 0, 1000))
        assert self.span(meeting) == (0, 1001)
        assert [sample.peer_id for sample in meeting.samples()] == ["ada"]

    def test_a_download_has_names_problems_and_all_samples(self) -> None:
        write_samples([measured("ada", 30 * place, loss=0.12) for place in range(3)])
        found = download(self.meeting(0, ("ada", 0, 1000)))
        assert (found["room_id"], found["complete"], len(found["samples"])) == ("room", True, 3)
        assert found["participants"] == [{"person_id": "ada", "name": "ada"}]
        (problem,) = found["problems"]
        assert problem["message"] == "ada's upload lost 12 % of its packets."
        assert (problem["start_time"], problem["end_time"]) == (START_S, START_S + 90)

    def test_a_download_that_would_be_too_long_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("stats.meetings.MAX_DOWNLOAD", 2)
        write_samples([measured("ada", 30 * place) for place in range(3)])
        found = download(self.meeting(0, ("ada", 0, 1000)))
        assert (found["complete"], len(found["samples"])) == (False, 2)

    def test_a_rooms_samples_are_read_by_an_index(self) -> None:
        write_samples([measured(f"p{place}") for place in range(50)])
        elsewhere = list(Sample.objects.all())
        for number in range(40):
            for one in elsewhere:
                one.pk, one.room_id = None, f"room-{number}"
            Sample.objects.bulk_create(elsewhere)
        meeting = Meeting(default_account(), "room", at(START_S), at(START_S) + dt.timedelta(hours=1))
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE stats_sample")
        plan = meeting.samples().explain()
        assert "one_sample" in plan or "sqlite_autoindex_stats_sample_1" in plan, plan


def test_a_files_name_is_plain() -> None:
    assert file_name('a/b "c"\r\nd', START_S) == "samples-a-b--c---d-20210621-0938.json"


def test_samples_are_kept_for_a_while_unless_the_operator_wants_none() -> None:
    assert settings.CONFIG.sample_days == 30
    assert replace(settings.CONFIG, sample_days=0).sample_days == 0
