"""Real compositions in processes of their own: what they make, how they fail, and what is written down of it."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import threading
from dataclasses import replace
from pathlib import Path  # noqa: TC003
from typing import TYPE_CHECKING, Any

import av
import pytest
from django.utils import timezone

from meet.accounts.models import Account, Incident
from meet.leases import Lease
from recording import tasks
from recording.jobs import limits
from recording.jobs import subprocess as child
from recording.jobs.participant_files import Gathering, do_ask_for, download_name
from recording.jobs.runner import Maker
from recording.jobs.turns import lease_next
from recording.jobs.videos import Composing, do_compose_again, do_delete, output_of
from recording.models import Discarded, PersonFile, Status, Video
from recording.storage.storing import folder_of, video_storage
from rooms.webhooks.models import Delivery, Endpoint
from tests.recording.library import capture, recorded, video_of

if TYPE_CHECKING:
    from django.conf import LazySettings

pytestmark = pytest.mark.django_db(transaction=True)
GOES_ON = threading.Event()


@pytest.fixture
def captures(settings: LazySettings, tmp_path: Path) -> Path:
    """Folders of this test's own."""
    settings.CAPTURES_DIR = tmp_path / "captures"
    settings.COMPOSITIONS_DIR = tmp_path / "compositions"
    options = {"location": str(tmp_path / "files")}
    backend = "recording.storage.folder.FolderStorage"
    settings.STORAGES = {**settings.STORAGES, "recordings": {"BACKEND": backend, "OPTIONS": options}}
    return tmp_path / "captures"


@pytest.fixture
def account() -> Account:
    account = Account.objects.create(name="acme", brand_name="Acme")
    Endpoint.objects.create(account=account, url="https://events.example/", kinds=["recordingReady"])
    return account


def compose(video: Video, kind: Composing | None = None, stopping: threading.Event = GOES_ON) -> Video:
    """Lease it, make it, and look what became of it."""
    Video.objects.filter(pk=video.pk).update(due_at=timezone.now())
    lease = lease_next(Video.objects.filter(pk=video.pk), timezone.now())
    assert lease is not None
    Maker(kind or Composing(), stopping).make(lease)
    return Video.objects.get(pk=video.pk)


def kept(video: Video) -> set[str]:
    """The names of its files in the storage."""
    folder = video_storage().local_path(folder_of(video))
    assert folder is not None
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


class TestVideos:
    def test_a_capture_becomes_a_video_in_the_storage_and_the_account_is_told(
        self, account: Account, captures: Path
    ) -> None:
        capture(captures)
        video = compose(video_of(recorded(account)))
        assert (video.status, video.progress, video.problem, video.lease) == (Status.READY, 100, "", "")
        assert video.duration_s == pytest.approx(3, abs=0.1)
        path = video_storage().local_path(f"{folder_of(video)}/video.mp4")
        assert path is not None
        assert video.size_bytes == path.stat().st_size
        with av.open(str(path)) as container:
            assert {stream.type for stream in container.streams} == {"video", "audio"}
        assert kept(video) >= {"poster.jpg", "sprite.jpg", "sprite.vtt", "chapters.json", "hls/master.m3u8"}
        assert [(one.peer_id, one.display_name) for one in video.people.all()] == [("ann", "Ann"), ("ben", "Ben")]
        assert not output_of(video).exists()
        (delivery,) = Delivery.objects.all()
        told = json.loads(delivery.body)
        assert (told["event"], told["roomId"], told["videoId"]) == ("recordingReady", "serv0abc", video.pk)
        assert not Incident.objects.exists()

    def test_composed_again_it_has_other_files_and_the_old_ones_can_go(self, account: Account, captures: Path) -> None:
        capture(captures, seconds=1.0)
        before = compose(video_of(recorded(account)))
        do_compose_again(before, timezone.now())
        assert [one.name for one in Discarded.objects.all()] == [folder_of(before)]
        after = compose(before)
        assert after.status == Status.READY
        assert after.slug != before.slug
        assert kept(after) == kept(before)

    @pytest.mark.parametrize("with_tracks", [True, False])
    def test_where_there_is_nothing_to_compose_it_is_said_at_once(
        self, account: Account, captures: Path, with_tracks: bool
    ) -> None:
        folder = capture(captures, seconds=1.0)
        if with_tracks:  # but nothing in them
            for track in (folder / "tracks").iterdir():
                track.write_bytes(b"")
        else:
            (folder / "capture.json").unlink()
        video = compose(video_of(recorded(account)))
        assert video.status == Status.FAILED
        sentence = "Nobody sent sound" if with_tracks else "The files of the recording are gone"
        assert video.problem.startswith(sentence)
        assert Incident.objects.count() == (0 if with_tracks else 1)
        assert not Delivery.objects.exists()

    def test_a_codec_that_crashes_is_tried_three_times_and_the_composer_lives(
        self, account: Account, captures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        crash = "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n"
        (tmp_path / "crashing.py").write_text(crash, encoding="utf-8")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))

        class Crashing(Composing):
            module = "crashing"

        capture(captures, seconds=1.0)
        video = video_of(recorded(account))
        began = timezone.now()
        for attempts, pause in ((1, dt.timedelta(minutes=1)), (2, dt.timedelta(minutes=10))):
            video = compose(video, Crashing())
            assert (video.status, video.attempts) == (Status.WAITING, attempts)
            assert video.due_at >= began + pause
            assert lease_next(Composing().jobs("serv0"), timezone.now()) is None
        video = compose(video, Crashing())
        assert (video.status, video.attempts) == (Status.FAILED, 3)
        assert video.problem == "The process was ended by signal 11."
        assert Incident.objects.get().account == account

    def test_a_storage_that_is_away_loses_nothing(
        self, account: Account, captures: Path, settings: LazySettings, tmp_path: Path
    ) -> None:
        capture(captures, seconds=1.0)
        storages = settings.STORAGES
        (tmp_path / "file").touch()
        options = {"location": str(tmp_path / "file" / "folder")}
        settings.STORAGES = {**storages, "recordings": {**storages["recordings"], "OPTIONS": options}}
        video = compose(video_of(recorded(account)))
        assert (video.status, video.attempts) == (Status.WAITING, 1)
        assert video.problem == "The server failed (NotADirectoryError)."
        settings.STORAGES = storages

        class NotAgain(Composing):
            module = "not_a_module"  # it is composed already

        assert compose(video, NotAgain()).status == Status.READY

    def test_a_composer_that_is_told_to_stop_leaves_its_video_to_the_next_one(
        self, account: Account, captures: Path
    ) -> None:
        capture(captures, seconds=1.0)
        stopping = threading.Event()
        stopping.set()
        video = compose(video_of(recorded(account)), stopping=stopping)
        assert (video.status, video.attempts, video.lease, video.lease_until) == (Status.WAITING, 0, "", None)
        assert compose(video).status == Status.READY

    def test_a_video_that_is_deleted_meanwhile_is_not_finished(self, account: Account, captures: Path) -> None:
        capture(captures, seconds=1.0)

        class Deleting(Composing):
            def finish(self, job: Video, *others: Any) -> None:
                do_delete(job, timezone.now())
                super().finish(job, *others)

        video = compose(video_of(recorded(account)), Deleting())
        assert video.status == Status.WAITING
        assert video.deleted_at is not None
        assert not Delivery.objects.exists()

    def test_an_old_lease_makes_nothing(self, account: Account, captures: Path) -> None:
        capture(captures, seconds=1.0)
        video = video_of(recorded(account))
        Maker(Composing(), GOES_ON).make(Lease(video.pk, "another"))
        assert Video.objects.get().status == Status.WAITING


@pytest.mark.usefixtures("captures")
class TestLimits:
    """What costs too much is given up at once, and the next one is made."""

    def program(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Composing:
        """A composition that is this instead, told the same limits."""
        begin = (
            "import argparse\nfrom recording.composition.process import add_arguments, begin\n"
            "parser = argparse.ArgumentParser()\nadd_arguments(parser)\n"
            "begin(parser.parse_known_args()[0])\n"
        )
        (tmp_path / "instead.py").write_text(begin + text, encoding="utf-8")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))

        class Instead(Composing):
            module = "instead"

        return Instead()

    def test_processor_time(self, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "BASE_S", 1.0)
        video = video_of(recorded(account))
        Video.objects.update(to_s=0.0)
        video = compose(video, self.program(tmp_path, monkeypatch, "while True: pass\n"))
        assert (video.status, video.attempts) == (Status.FAILED, 1)
        assert video.problem.startswith("It would take more of the server's time")
        assert Incident.objects.get().account == account

    @pytest.mark.long
    def test_memory(self, account: Account, captures: Path, settings: LazySettings) -> None:
        settings.CONFIG = replace(settings.CONFIG, composer_memory_mb=40)
        capture(captures, seconds=1.0)
        video = compose(video_of(recorded(account)))
        assert video.status in (Status.FAILED, Status.WAITING)
        assert video.attempts == 1
        settings.CONFIG = replace(settings.CONFIG, composer_memory_mb=512)
        do_compose_again(video, timezone.now())
        assert compose(video).status == Status.READY

    def test_memory_that_a_process_may_have(
        self, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        text = (
            "from recording.composition.process import complain\n"
            "try: bytearray(2**33)\nexcept MemoryError: complain('tooMuchMemory', '')\n"
        )
        video = compose(video_of(recorded(account)), self.program(tmp_path, monkeypatch, text))
        assert (video.status, video.attempts) == (Status.FAILED, 1)
        assert video.problem.startswith("It would take more of the server's memory")

    @pytest.mark.parametrize("spent_s", [0.0, 350.0])
    def test_time_in_all_over_several_turns(
        self, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spent_s: float
    ) -> None:
        video = video_of(recorded(account))
        Video.objects.update(to_s=10.0, spent_s=spent_s)  # it may have 380 s
        times = itertools.count(0.0, 10.0)
        sleeping = self.program(tmp_path, monkeypatch, "import time\ntime.sleep(600)\n")
        monkeypatch.setattr(child, "LOOK_S", 0.001)
        Video.objects.update(due_at=timezone.now())
        lease = lease_next(Video.objects.all(), timezone.now())
        assert lease is not None
        Maker(sleeping, GOES_ON, lambda: next(times)).make(lease)
        video.refresh_from_db()
        assert video.status == Status.FAILED
        assert video.problem.startswith("It would take more of the server's time")

    def test_a_long_one_makes_room_when_its_turn_is_over_and_goes_on_later(
        self, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        video = video_of(recorded(account))
        sleeping = self.program(tmp_path, monkeypatch, "import time\ntime.sleep(600)\n")
        monkeypatch.setattr(child, "LOOK_S", 0.001)
        lease = lease_next(Composing().jobs("serv0"), timezone.now())
        assert lease is not None
        other = Account.objects.create(name="other")
        waiting = video_of(recorded(other, "other"))
        times = itertools.count(0.0, 60.0)
        Maker(sleeping, GOES_ON, lambda: next(times)).make(lease)
        video.refresh_from_db()
        assert (video.status, video.attempts, video.lease) == (Status.WAITING, 0, "")
        assert video.spent_s > 0
        following = lease_next(Composing().jobs("serv0"), timezone.now())
        assert following is not None
        assert following.key == waiting.pk

    def test_a_disk_that_fills_up_is_no_failure(
        self, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        video = video_of(recorded(account))
        sleeping = self.program(tmp_path, monkeypatch, "import time\ntime.sleep(600)\n")
        monkeypatch.setattr(child, "LOOK_S", 0.001)
        monkeypatch.setattr(limits, "free_bytes", lambda _: 2 * 512 * 2**20 - 1)
        lease = lease_next(Composing().jobs("serv0"), timezone.now())
        assert lease is not None
        times = itertools.count(0.0, 1.0)
        Maker(sleeping, GOES_ON, lambda: next(times)).make(lease)
        video.refresh_from_db()
        assert (video.status, video.attempts) == (Status.WAITING, 0)
        assert video.due_at > timezone.now()
        assert "disk is nearly full" in video.problem

    def test_on_a_full_disk_nothing_is_begun_and_the_account_is_told_once(
        self, account: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        handed_out: list[Any] = []
        monkeypatch.setattr(tasks.compose_video, "apply_async", lambda lease, **_: handed_out.append(lease))
        monkeypatch.setattr(limits, "free_bytes", lambda _: 2 * 512 * 2**20 - 1)
        video_of(recorded(account))
        for _ in range(2):
            Video.objects.update(due_at=timezone.now())
            tasks.look()
        assert handed_out == []
        (incident,) = Incident.objects.all()
        assert (incident.account, incident.count) == (account, 1)
        assert "disk is nearly full" in incident.message
        monkeypatch.setattr(limits, "free_bytes", lambda _: 2 * 512 * 2**20)
        Video.objects.update(due_at=timezone.now())
        tasks.look()
        assert len(handed_out) == 1


def test_a_composer_that_ends_begins_nothing(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_stopping", threading.Event())
    tasks._stopping.set()
    handed_out: list[Any] = []
    monkeypatch.setattr(tasks.compose_video, "apply_async", lambda lease, **_: handed_out.append(lease))
    video = video_of(recorded(account))
    Video.objects.update(due_at=timezone.now())
    tasks.look()
    video.refresh_from_db()
    assert (handed_out, video.status, video.lease) == ([], Status.WAITING, "")


class TestFilesOfPeople:
    def test_what_somebody_sent_is_in_one_file_as_it_was(self, account: Account, captures: Path) -> None:
        capture(captures)
        video = video_of(recorded(account), Status.READY, people=("ann", "ben"))
        streams = {}
        for person in video.people.all():
            file = do_ask_for(person, timezone.now())
            assert do_ask_for(person, timezone.now()) == file
            lease = lease_next(Gathering().jobs("serv0"), timezone.now())
            assert lease is not None
            Maker(Gathering(), GOES_ON).make(lease)
            file = PersonFile.objects.get(pk=file.pk)
            assert (file.status, file.problem) == (Status.READY, "")
            path = video_storage().local_path(f"{folder_of(video)}/{file.name}")
            assert path is not None
            assert path.stat().st_size == file.size_bytes
            with av.open(str(path)) as container:
                streams[person.peer_id] = {stream.codec_context.name for stream in container.streams}
        assert streams == {"ann": {"vp8", "opus"}, "ben": {"opus"}}
        assert download_name(file) == "Recording_serv0abc_2026-09-21_13_00_00_UTC_Ben.webm"

    def test_who_sent_nothing_has_none(self, account: Account, captures: Path) -> None:
        capture(captures, seconds=1.0)
        (person,) = video_of(recorded(account), Status.READY, people=("zoe",)).people.all()
        file = do_ask_for(person, timezone.now())
        lease = lease_next(Gathering().jobs("serv0"), timezone.now())
        assert lease is not None
        Maker(Gathering(), GOES_ON).make(lease)
        file.refresh_from_db()
        assert (file.status, file.problem) == (Status.FAILED, "Nobody sent sound or pictures at that time.")
        assert do_ask_for(person, timezone.now()).status == Status.WAITING


class TestProcesses:
    def test_one_that_nobody_wants_any_more_is_ended(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "sleeping.py").write_text("import time\ntime.sleep(600)\n", encoding="utf-8")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        looks: list[bool] = []

        def wanted() -> bool:
            looks.append(True)
            return len(looks) < 3

        with pytest.raises(child.Unwanted):
            child.run("sleeping", [], lambda _done: None, wanted)

    @pytest.mark.parametrize("said", ["nonsense", '{"progress": "much"}', "[1]"])
    def test_one_that_says_something_else_has_failed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
    ) -> None:
        (tmp_path / "talking.py").write_text(f"print({said!r})\n", encoding="utf-8")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        with pytest.raises(child.ChildError):
            child.run("talking", [], lambda _done: None, lambda: True)

    def test_one_tells_how_far_it_is_and_what_came_out(self, tmp_path: Path) -> None:
        capture(tmp_path, seconds=4.0)
        told: list[float] = []
        arguments = [str(tmp_path / "one"), str(tmp_path / "output")]
        line = child.run("recording.composition", arguments, told.append, lambda: True)
        assert line.problem is None
        assert json.loads(bytes(line.result))["width"] == 1280
        assert told == sorted(told)
        assert json.loads((tmp_path / "output" / "result.json").read_bytes()) == json.loads(bytes(line.result))
