"""What is deleted in time, and what stays: tracks, videos, and the files of rows that are gone."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path  # noqa: TC003 - fixtures
from typing import TYPE_CHECKING

import pytest

from meet.accounts.models import Account
from recording.jobs.participant_files import do_ask_for
from recording.jobs.recordings import divide_running, end_interrupted
from recording.jobs.retention import FAILED_KEPT, delete_old_tracks, delete_put_away, tidy
from recording.jobs.videos import UNDO, do_delete, do_restore
from recording.models import PersonFile, Recording, Status, Video
from recording.storage.garbage import delete_discarded
from recording.storage.storing import folder_of
from tests.recording.captures import STARTED_AT_MS
from tests.recording.library import NOW, capture, recorded, video_of

if TYPE_CHECKING:
    from django.conf import LazySettings

pytestmark = pytest.mark.usefixtures("database")
DAY = dt.timedelta(days=1)


@pytest.fixture
def account(database: str, settings: LazySettings, tmp_path: Path) -> Account:  # noqa: ARG001 - the tables
    backend = "recording.storage.folder.FolderStorage"
    storage = {"BACKEND": backend, "OPTIONS": {"location": str(tmp_path / "files")}}
    settings.STORAGES = {**settings.STORAGES, "recordings": storage}
    return Account.objects.create(name="acme", keep_tracks_days=10)


def kept(folder: Path, video: Video) -> Path:
    """A video's folder in the storage, with something in it."""
    path = folder / "files" / folder_of(video)
    (path / "people").mkdir(parents=True)
    (path / "video.mp4").touch()
    (path / "people" / "1.webm").touch()
    return path


class TestTracks:
    def test_they_stay_for_as_long_as_their_account_says_and_so_do_files_of_people(
        self, account: Account, tmp_path: Path
    ) -> None:
        recording = recorded(account)
        folder = tmp_path / recording.folder
        folder.mkdir()
        video = video_of(recording, Status.READY, people=("ann",))
        files = kept(tmp_path, video)
        do_ask_for(video.people.get(), NOW)
        delete_old_tracks("serv0", NOW + 10 * DAY)
        delete_old_tracks("serv1", NOW + 11 * DAY)
        delete_discarded("serv0", tmp_path)
        assert folder.exists()
        assert PersonFile.objects.exists()
        delete_old_tracks("serv0", NOW + 10 * DAY + dt.timedelta(seconds=1))
        delete_discarded("serv1", tmp_path)
        assert folder.exists()  # another machine's
        for _ in range(2):
            delete_discarded("serv0", tmp_path)
        assert not folder.exists()
        assert not PersonFile.objects.exists()
        assert sorted(path.name for path in files.iterdir()) == ["video.mp4"]
        assert Recording.objects.get().tracks_deleted_at is not None
        assert Video.objects.get().status == Status.READY

    @pytest.mark.parametrize("status", [Status.WAITING, Status.COMPOSING])
    def test_they_stay_while_a_video_is_to_be_made_of_them(self, account: Account, status: Status) -> None:
        recording = recorded(account)
        video_of(recording, Status.READY, part=1)
        video_of(recording, status, part=2)
        delete_old_tracks("serv0", NOW + 1000 * DAY)
        assert Recording.objects.get().tracks_deleted_at is None

    def test_they_stay_for_a_month_when_that_has_failed(self, account: Account) -> None:
        video_of(recorded(account), Status.FAILED)
        delete_old_tracks("serv0", NOW + FAILED_KEPT)
        assert Recording.objects.get().tracks_deleted_at is None
        delete_old_tracks("serv0", NOW + FAILED_KEPT + DAY)
        assert Recording.objects.get().tracks_deleted_at is not None

    def test_each_account_has_its_own_time(self, account: Account) -> None:
        other = Account.objects.create(name="other", keep_tracks_days=0)
        video_of(recorded(account, "one"), Status.READY)
        video_of(recorded(other, "two"), Status.READY)
        delete_old_tracks("serv0", NOW + DAY)
        assert [one.account for one in Recording.objects.exclude(tracks_deleted_at=None)] == [other]


class TestVideos:
    def test_what_nobody_has_brought_back_in_time_is_gone_with_all_its_files(
        self, account: Account, tmp_path: Path
    ) -> None:
        recording = recorded(account)
        (tmp_path / recording.folder).mkdir()
        first, second = video_of(recording, Status.READY, part=1), video_of(recording, Status.READY, part=2)
        folders = [kept(tmp_path, first), kept(tmp_path, second)]
        do_delete(first, NOW)
        delete_put_away(NOW + UNDO)
        delete_discarded("serv0", tmp_path)
        assert [folder.exists() for folder in folders] == [True, True]
        delete_put_away(NOW + UNDO + DAY)
        delete_discarded("serv0", tmp_path)
        assert [folder.exists() for folder in folders] == [False, True]
        assert (tmp_path / recording.folder).exists()  # the other part's tracks are in there, too
        do_delete(second, NOW)
        delete_put_away(NOW + UNDO + DAY)
        delete_discarded("serv0", tmp_path)
        assert not Recording.objects.exists()
        assert [folder.exists() for folder in folders] == [False, False]
        assert not (tmp_path / recording.folder).exists()

    def test_what_was_brought_back_stays(self, account: Account) -> None:
        video = video_of(recorded(account), Status.READY)
        do_delete(video, NOW)
        do_restore(video)
        delete_put_away(NOW + 1000 * DAY)
        assert Video.objects.get() == video

    def test_an_account_that_goes_leaves_nothing_behind(self, account: Account, tmp_path: Path) -> None:
        recording = recorded(account)
        (tmp_path / recording.folder).mkdir()
        folder = kept(tmp_path, video_of(recording, Status.READY))
        account.delete()
        delete_discarded("serv0", tmp_path)
        assert not folder.exists()
        assert not (tmp_path / recording.folder).exists()

    def test_a_recording_under_way_without_videos_stays(self, account: Account) -> None:
        recording = recorded(account)
        Recording.objects.update(ended_at=None)
        delete_put_away(NOW + 1000 * DAY)
        assert Recording.objects.get() == recording


def test_composers_leave_no_folders_behind_but_those_they_go_on_in(account: Account, tmp_path: Path) -> None:
    tidy(tmp_path / "compositions")  # nothing there yet
    waiting, ready = video_of(recorded(account, "one")), video_of(recorded(account, "two"), Status.READY, people=("a",))
    file = do_ask_for(ready.people.get(), NOW)
    for name in (waiting.slug, ready.slug, "unknown", f"person-{file.pk}", "person-0"):
        (tmp_path / "compositions" / name / "work").mkdir(parents=True)
    tidy(tmp_path / "compositions")
    left = {path.name for path in (tmp_path / "compositions").iterdir()}
    assert left == {waiting.slug, f"person-{file.pk}"}


class TestCaptures:
    def test_parts_of_a_long_one_can_be_composed_before_it_ends(self, account: Account) -> None:
        recording = recorded(account, hours=0)
        Recording.objects.update(ended_at=None)
        four_hours = recording.started_at + dt.timedelta(hours=4)
        assert divide_running("serv0", four_hours) == 0  # its last packets are on their way
        assert divide_running("serv1", four_hours + DAY) == 0
        assert divide_running("serv0", four_hours + dt.timedelta(seconds=31)) == 1
        assert divide_running("serv0", four_hours + dt.timedelta(seconds=32)) == 0
        assert [(video.part, video.to_s) for video in Video.objects.all()] == [(1, 14_400.0)]

    def test_one_that_was_never_written_down_is_found_at_the_nodes_next_start(
        self, account: Account, tmp_path: Path
    ) -> None:
        folder = capture(tmp_path, "unknown", seconds=1.0)
        text = (folder / "capture.json").read_text(encoding="utf-8")
        (folder / "capture.json").write_text(text.replace('"accountId": 1', f'"accountId": {account.pk}'))
        for track in (folder / "tracks").iterdir():
            os.utime(track, (STARTED_AT_MS / 1000 + 1, STARTED_AT_MS / 1000 + 1))
        capture(tmp_path, "nobodys", seconds=0.5).joinpath("capture.json").write_text("{")
        assert end_interrupted("serv1", tmp_path) == (0, [])  # another node's
        for expected in (1, 0):
            assert end_interrupted("serv0", tmp_path) == (expected, [])
        recording = Recording.objects.get()
        assert (recording.folder, recording.account, recording.reason) == ("unknown", account, "interrupted")
        assert recording.started_at.timestamp() * 1000 == STARTED_AT_MS
        assert recording.ended_at is not None
        assert Video.objects.get().to_s == pytest.approx(1, abs=0.1)

    def test_one_that_waits_to_be_deleted_is_not_found_again(self, account: Account, tmp_path: Path) -> None:
        capture(tmp_path, "one", seconds=0.5)
        recorded(account).delete()
        assert end_interrupted("serv0", tmp_path) == (0, [])
        assert not Recording.objects.exists()
