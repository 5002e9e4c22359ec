"""What a node captures is in the database, whatever happens to either of them."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
from typing import TYPE_CHECKING

import pytest
from django.db import OperationalError

from meet.accounts.models import Account
from meet.database_writer import DatabaseThread
from recording.capture.unfinished import Unfinished
from recording.jobs import recordings as keeping
from recording.jobs.journal import DatabaseJournal
from recording.jobs.recordings import begin, divide, end, end_abandoned, end_interrupted, last_moment_ms
from recording.models import Recording, Video
from rooms.models import Node
from rooms.room_key import RoomKey
from rooms.webhooks.models import Delivery, Endpoint

if TYPE_CHECKING:
    from pathlib import Path

STARTED_AT_MS = 1_790_000_000_000
HOUR_MS = 3_600_000

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def account(database: str) -> Account:  # noqa: ARG001 - the tables
    account, _ = Account.objects.get_or_create(name="Default", defaults={"is_default": True})
    Endpoint.objects.create(
        account=account, url="https://events.example/", kinds=["recordingStarted", "recordingStopped"]
    )
    return account


def told() -> list[tuple[str, object]]:
    """Which events wait to be delivered."""
    return [(one.kind, json.loads(one.body)) for one in Delivery.objects.order_by("pk")]


class TestKeeping:
    def test_a_recording_is_there_from_its_beginning(self, account: Account) -> None:
        for _ in range(2):
            begin(RoomKey(account.pk, "serv0abc"), "serv0", "one", STARTED_AT_MS)
        recording = Recording.objects.get()
        assert (recording.account, recording.room_id, recording.node) == (account, "serv0abc", "serv0")
        assert recording.ended_at is None
        assert not Video.objects.exists()
        assert [kind for kind, _ in told()] == ["recordingStarted"]

    def test_one_that_goes_on_with_another_knows_which_from_its_files_too(
        self, account: Account, tmp_path: Path
    ) -> None:
        key = RoomKey(account.pk, "serv0abc")
        begin(key, "serv0", "one", STARTED_AT_MS)
        begin(key, "serv1", "two", STARTED_AT_MS + 9000, STARTED_AT_MS)
        header = {"accountId": account.pk, "roomId": "serv0abc", "node": "serv2", "startedAt": STARTED_AT_MS + 99_000}
        (tmp_path / "three").mkdir()
        (tmp_path / "three" / "capture.json").write_text(json.dumps({**header, "continues": STARTED_AT_MS + 9000}))
        end_interrupted("serv2", tmp_path)
        rows = Recording.objects.order_by("started_at").values_list("started_at", "continues")
        assert [continues for _, continues in rows] == [None, rows[0][0], rows[1][0]]

    def test_its_videos_wait_to_be_composed_when_it_has_ended(self, account: Account) -> None:
        begin(RoomKey(account.pk, "serv0abc"), "serv0", "one", STARTED_AT_MS)
        for _ in range(2):
            end("one", STARTED_AT_MS + 5 * HOUR_MS, "stopped")
        first, second = Video.objects.order_by("part")
        assert first.name == "Recording serv0abc 2026-09-21 14:13:20 UTC"
        assert second.name == "Recording serv0abc 2026-09-21 18:13:20 UTC"
        assert (first.from_s, first.to_s, second.from_s, second.to_s) == (0, 14_400, 14_400, 18_000)
        assert {first.status, second.status} == {"waiting"}
        assert first.slug != second.slug
        assert [kind for kind, _ in told()] == ["recordingStarted", "recordingStopped"]
        assert Recording.objects.get().reason == "stopped"

    def test_a_part_is_composed_while_the_recording_goes_on(self, account: Account) -> None:
        begin(RoomKey(account.pk, "serv0abc"), "serv0", "one", STARTED_AT_MS)
        recording = Recording.objects.get()
        assert divide(recording, after(recording, hours=3.9)) == []
        assert [video.part for video in divide(recording, after(recording, hours=4.1))] == [1]
        assert divide(recording, after(recording, hours=4.2)) == []
        end("one", STARTED_AT_MS + 5 * HOUR_MS, "empty")
        assert [video.part for video in Video.objects.order_by("part")] == [1, 2]

    def test_an_account_that_is_gone_has_no_recordings(self) -> None:
        begin(RoomKey(999_999, "serv0abc"), "serv0", "one", STARTED_AT_MS)
        end("one", STARTED_AT_MS, "stopped")
        assert not Recording.objects.exists()


class TestInterruptions:
    def test_what_a_killed_node_captured_ends_at_what_its_files_hold(self, account: Account, tmp_path: Path) -> None:
        folder = capture(tmp_path / "one", ended_ms=STARTED_AT_MS + 90_000)
        begin(RoomKey(account.pk, "serv0abc"), "serv0", folder.name, STARTED_AT_MS)
        begin(RoomKey(account.pk, "serv1abc"), "serv1", "elsewhere", STARTED_AT_MS)
        assert end_interrupted("serv0", tmp_path) == (1, [])
        assert end_interrupted("serv0", tmp_path) == (0, [])
        recording = Recording.objects.get(node="serv0")
        assert recording.reason == "interrupted"
        assert recording.ended_at is not None
        assert (recording.ended_at - recording.started_at).total_seconds() == 90
        assert Video.objects.get().to_s == 90
        assert Recording.objects.get(node="serv1").ended_at is None

    def test_what_was_written_to_a_moment_ago_can_be_gone_on_with_once_for_each_room(
        self, account: Account, tmp_path: Path
    ) -> None:
        key, last_ms = RoomKey(account.pk, "serv0abc"), STARTED_AT_MS + 90_000
        for number, ended_ms in enumerate([last_ms, last_ms, last_ms - 1]):
            folder = capture(tmp_path / f"{number}", ended_ms=ended_ms)
            room = key if number < 2 else RoomKey(account.pk, "serv0other")
            begin(room, "serv0", folder.name, STARTED_AT_MS + number)
        ended, resumable = end_interrupted("serv0", tmp_path, last_ms)
        assert ended == 2
        assert resumable == [Unfinished(key, "1", STARTED_AT_MS + 1, last_ms)]
        assert Recording.objects.get(ended_at=None).folder == "1"

    def test_a_node_that_never_starts_again_leaves_none_that_goes_on(self, account: Account, tmp_path: Path) -> None:
        now = dt.datetime.fromtimestamp(STARTED_AT_MS / 1000 + 3600, dt.UTC)
        folder = capture(tmp_path / "one", ended_ms=STARTED_AT_MS + 90_000)
        begin(RoomKey(account.pk, "serv0abc"), "serv0", folder.name, STARTED_AT_MS)
        node = Node.objects.create(name="serv0", port=8001, started_at=now, heartbeat_at=now - dt.timedelta(minutes=9))
        assert end_abandoned("serv0", tmp_path, now) == 0
        node.heartbeat_at = now - dt.timedelta(minutes=11)
        node.save()
        assert end_abandoned("serv1", tmp_path, now) == 0
        assert end_abandoned("serv0", tmp_path, now) == 1
        assert end_abandoned("serv0", tmp_path, now) == 0
        recording = Recording.objects.get()
        assert (recording.reason, Video.objects.get().to_s) == ("interrupted", 90)

    def test_what_is_written_to_goes_on_whatever_the_nodes_heartbeat_says(
        self, account: Account, tmp_path: Path
    ) -> None:
        now = dt.datetime.fromtimestamp(STARTED_AT_MS / 1000 + 3600, dt.UTC)
        folder = capture(tmp_path / "one", ended_ms=STARTED_AT_MS + 3_590_000)
        begin(RoomKey(account.pk, "serv0abc"), "serv0", folder.name, STARTED_AT_MS)
        Node.objects.create(name="serv0", port=8001, started_at=now, heartbeat_at=now - dt.timedelta(hours=1))
        assert end_abandoned("serv0", tmp_path, now) == 0
        assert Recording.objects.get().ended_at is None

    def test_packets_count_where_they_are_newer_than_the_timeline(self, tmp_path: Path) -> None:
        folder = capture(tmp_path / "one", ended_ms=STARTED_AT_MS)
        track = folder / "tracks" / "0001.rtpdump"
        track.write_bytes(b"")
        os.utime(track, ns=((STARTED_AT_MS + 5000) * 1_000_000,) * 2)
        assert last_moment_ms(folder) == STARTED_AT_MS + 5000

    def test_a_folder_that_is_lost_tells_nothing(self, tmp_path: Path) -> None:
        assert last_moment_ms(tmp_path / "gone") is None
        (tmp_path / "timeline.jsonl").write_text("not JSON\n[]\n{\n")
        assert last_moment_ms(tmp_path) is None


class TestJournal:
    async def test_entries_are_written_in_order_and_the_composer_is_woken(
        self, account: Account, tmp_path: Path
    ) -> None:
        woken = asyncio.Event()
        loop = asyncio.get_running_loop()
        journal = DatabaseJournal("serv0", tmp_path, lambda: loop.call_soon_threadsafe(woken.set), DatabaseThread())
        await journal.start()
        journal.began(RoomKey(account.pk, "serv0abc"), tmp_path / "one", STARTED_AT_MS)
        journal.ended(tmp_path / "one", STARTED_AT_MS + 1000, "stopped")
        async with asyncio.timeout(60):
            await woken.wait()
        await journal.close()
        await journal.close()
        assert await asyncio.to_thread(Video.objects.count) == 1

    async def test_a_broker_that_is_away_stops_nothing(self, account: Account, tmp_path: Path) -> None:
        def fail() -> None:
            raise ConnectionError

        journal = DatabaseJournal("serv0", tmp_path, fail, DatabaseThread())
        await journal.start()
        journal.began(RoomKey(account.pk, "serv0abc"), tmp_path / "one", STARTED_AT_MS)
        journal.ended(tmp_path / "one", STARTED_AT_MS + 1000, "stopped")
        await journal.close()
        assert await asyncio.to_thread(Video.objects.count) == 1

    async def test_a_database_that_is_away_is_tried_again(
        self, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("meet.database_writer.RETRY_S", 0.01)
        answers = iter([OperationalError("away"), OperationalError("away"), None])

        def sometimes(*arguments: object) -> None:
            answer = next(answers)
            if answer is not None:
                raise answer
            keeping.begin(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr("recording.jobs.journal.begin", sometimes)
        journal = DatabaseJournal("serv0", tmp_path, lambda: None, DatabaseThread())
        await journal.start()
        journal.began(RoomKey(account.pk, "serv0abc"), tmp_path / "one", STARTED_AT_MS)
        await journal.close()
        assert await asyncio.to_thread(Recording.objects.count) == 1


def capture(folder: Path, *, ended_ms: int) -> Path:
    """A capture's folder as a killed node leaves it."""
    (folder / "tracks").mkdir(parents=True)
    lines = [{"at": STARTED_AT_MS, "snapshot": {}}, {"at": ended_ms, "event": "peerLeft", "data": {}}]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "timeline.jsonl").write_text(text + '{"at": 179')
    return folder


def after(recording: Recording, *, hours: float) -> dt.datetime:
    """Some time after it began."""
    return recording.started_at + dt.timedelta(hours=hours)
