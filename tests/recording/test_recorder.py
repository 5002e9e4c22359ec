"""When a node's recorder begins and ends captures."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from recording.capture.capture import ALIVE_S
from recording.capture.disk import DiskWriter
from recording.capture.moment import CaptureClock
from recording.capture.recorder import EMPTY_SHOWN_MS, NOTED_EVERY_S, NodeRecorder
from recording.capture.unfinished import Unfinished
from recording.composition.read.timeline import replay
from rooms.protocol import InterpretationChanged, PeerJoined, PeerLeft, ProducerAdded
from rooms.protocol.errors import Refused
from rooms.room_key import RoomKey
from tests.recording.captures import KEY, Scene, info, interpreted, peer, snapshot, timeline

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from media.router import Router
    from rooms.protocol import PeerInfo, RecordingProblem, RoomSnapshot


def now_ms() -> int:
    return int(time.time() * 1000)


class FakeRoom:
    """A room that notes what its recorder tells it."""

    def __init__(self, router: Router, *peers: PeerInfo, key: RoomKey = KEY) -> None:
        self.key = key
        self.router = router
        self.peers = peers
        self.interpretation_recorded = False
        self.told: list[object] = []
        self.missing_ms = 0

    def seen_by_viewers(self) -> RoomSnapshot:
        return snapshot(*self.peers)

    def recording_began(self, since_ms: int, missing_ms: int | None = None) -> None:
        assert since_ms > 0
        self.missing_ms = missing_ms or 0
        self.told.append("began" if missing_ms is None else "resumed")

    def recording_ended(self, problem: RecordingProblem | None) -> None:
        self.told.append(problem or "ended")


class Journal:
    """What a recorder wants to be kept."""

    def __init__(self) -> None:
        self.begun: list[Path] = []
        self.continued: list[int | None] = []
        self.finished: dict[Path, str] = {}
        self.ended_at_ms: list[int] = []
        self.happened: asyncio.Queue[str] = asyncio.Queue()
        self.started: asyncio.Event = asyncio.Event()

    def began(self, _key: RoomKey, folder: Path, _at_ms: int, continues_ms: int | None = None) -> None:
        self.begun.append(folder)
        self.continued.append(continues_ms)
        self.started.set()

    def ended(self, folder: Path, at_ms: int, reason: str) -> None:
        self.finished[folder] = reason
        self.ended_at_ms.append(at_ms)
        self.happened.put_nowait(reason)


class Studio:
    """A recorder whose waiting times are none, unless given."""

    def __init__(self, folder: Path, *, automatic_after_s: float = 0, empty_for_s: float = 0) -> None:
        self.scene = Scene(folder)
        self.journal = Journal()
        self.free = 10**12
        self.folder = folder / "captures"
        disk = DiskWriter(free=lambda _: self.free)
        self.recorder = NodeRecorder(
            "serv0", self.folder, self.journal, disk, automatic_after_s=automatic_after_s, empty_for_s=empty_for_s
        )

    def room(self, *peers: PeerInfo, key: RoomKey = KEY) -> FakeRoom:
        """A room that opens now."""
        room = FakeRoom(self.scene.router, *peers, key=key)
        self.recorder.room_opened(room)
        return room

    async def until_finished(self, count: int = 1) -> list[str]:
        """The reasons of so many captures that have ended."""
        async with asyncio.timeout(60):
            for _ in range(count):
                await self.journal.happened.get()
        return list(self.journal.finished.values())


@pytest_asyncio.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    made = Studio(tmp_path)
    yield made
    await made.recorder.close()


@pytest_asyncio.fixture
async def patient(tmp_path: Path) -> AsyncIterator[Studio]:
    made = Studio(tmp_path, automatic_after_s=1000, empty_for_s=1000)
    yield made
    await made.recorder.close()


async def test_a_recording_begins_and_ends_when_somebody_wants_it(studio: Studio) -> None:
    camera = studio.scene.send()
    room = studio.room(peer("ada", info(camera, "camera")))
    studio.recorder.begin(room)
    assert studio.recorder.track_count == 1
    studio.recorder.end(room)
    assert await studio.until_finished() == ["stopped"]
    assert room.told == ["began", "ended"]
    (folder,) = studio.journal.begun
    assert folder.parent == studio.folder
    assert json.loads((folder / "capture.json").read_text())["roomId"] == KEY.room_id
    assert timeline(folder)[0]["snapshot"]["peers"][0]["id"] == "ada"


async def test_a_room_is_recorded_once_at_a_time(studio: Studio) -> None:
    room = studio.room()
    studio.recorder.begin(room)
    with pytest.raises(Refused) as refused:
        studio.recorder.begin(room)
    assert refused.value.info.code == "alreadyRecording"
    assert len(studio.journal.begun) == 1


async def test_rooms_of_the_same_name_in_two_accounts_are_two(studio: Studio) -> None:
    ours, theirs = studio.room(), studio.room(key=RoomKey(2, KEY.room_id))
    studio.recorder.begin(ours)
    studio.recorder.begin(theirs)
    studio.recorder.end(ours)
    assert await studio.until_finished() == ["stopped"]
    assert theirs.told == ["began"]


async def test_what_viewers_hear_is_written(studio: Studio) -> None:
    room = studio.room(peer("ada"))
    studio.recorder.hear(room, PeerLeft("nobody", "left"))  # before anything is recorded
    studio.recorder.begin(room)
    studio.recorder.hear(room, PeerLeft("ada", "left"))
    studio.recorder.end(room)
    await studio.until_finished()
    events = [
        entry["data"]["peerId"] for entry in timeline(studio.journal.begun[0]) if entry.get("event") == "peerLeft"
    ]
    assert events == ["ada"]


async def test_it_ends_a_while_after_the_last_one_left(studio: Studio) -> None:
    room = studio.room()
    studio.recorder.begin(room)
    studio.recorder.room_closed(room)
    assert await studio.until_finished() == ["empty"]


async def test_nobody_inside_is_enough_though_somebody_waits_at_the_door(studio: Studio) -> None:
    room = studio.room()
    studio.recorder.begin(room)
    studio.recorder.everybody_left(room)
    assert await studio.until_finished() == ["empty"]
    assert room.told == ["began", "ended"]


async def test_the_minute_in_which_nobody_came_back_is_not_in_the_video(patient: Studio) -> None:
    room = patient.room()
    patient.recorder.begin(room)
    active = patient.recorder._active[KEY]
    passed_s = 0.0
    clock = active.capture.clock = CaptureClock(lambda: passed_s, lambda: 1_790_000_000.0)
    passed_s = 10.0
    patient.recorder.everybody_left(room)
    passed_s = 40.0
    patient.recorder.room_closed(room)  # nobody is expected back any more
    passed_s = 70.0
    await patient.recorder.close()
    assert patient.journal.ended_at_ms == [clock.started_at_ms + 10_000 + EMPTY_SHOWN_MS]


async def test_who_came_back_in_time_is_in_the_video_to_the_end(patient: Studio) -> None:
    room = patient.room()
    patient.recorder.begin(room)
    active = patient.recorder._active[KEY]
    passed_s = 0.0
    clock = active.capture.clock = CaptureClock(lambda: passed_s, lambda: 1_790_000_000.0)
    passed_s = 10.0
    patient.recorder.everybody_left(room)
    patient.recorder.somebody_came(room)
    passed_s = 70.0
    patient.recorder.end(room)
    await patient.until_finished()
    assert patient.journal.ended_at_ms == [clock.started_at_ms + 70_000]


async def test_an_ended_meeting_is_not_gone_on_with(patient: Studio) -> None:
    room = patient.room()
    patient.recorder.expect(room)
    patient.recorder.begin(room)
    patient.recorder.meeting_ended(room)
    assert await patient.until_finished() == ["meetingEnded"]
    patient.recorder.room_closed(room)
    assert patient.room().told == []


async def test_it_goes_on_if_somebody_comes_back(patient: Studio) -> None:
    first = patient.room(peer("ada"))
    patient.recorder.begin(first)
    patient.recorder.room_closed(first)
    second = patient.room(peer("ada"), key=KEY)
    patient.recorder.somebody_came(second)
    patient.recorder.room_closed(first)  # the old room has nothing to say any more
    assert second.told == ["began"]
    patient.recorder.end(second)
    assert await patient.until_finished() == ["stopped"]
    assert len(patient.journal.begun) == 1
    assert sum("snapshot" in entry for entry in timeline(patient.journal.begun[0])) == 2


async def test_meetings_are_recorded_automatically_where_the_account_wants_it(studio: Studio) -> None:
    room = studio.room()
    studio.recorder.expect(room)
    studio.recorder.expect(room)
    async with asyncio.timeout(60):
        await studio.journal.started.wait()
    assert room.told == ["began"]


async def test_a_meeting_that_is_over_before_is_not_recorded(patient: Studio) -> None:
    room = patient.room()
    patient.recorder.expect(room)
    patient.recorder.room_closed(room)
    await patient.recorder.close()
    assert patient.journal.begun == []


async def test_a_full_disk_refuses_a_new_recording(studio: Studio) -> None:
    studio.free = 0
    room = studio.room()
    with pytest.raises(Refused) as refused:
        studio.recorder.begin(room)
    assert refused.value.info.code == "recordingFailed"
    assert room.told == []
    studio.recorder.expect(room)
    async with asyncio.timeout(60):
        while not room.told:  # noqa: ASYNC110 - the recorder's timer tells nobody
            await asyncio.sleep(0.01)
    assert room.told == ["diskFull"]


async def test_a_disk_that_gets_full_ends_the_recording_and_not_the_meeting(studio: Studio) -> None:
    room = studio.room(peer("ada"))
    studio.recorder.begin(room)
    studio.free = 0
    assert await studio.until_finished() == ["diskFull"]
    assert room.told == ["began", "diskFull"]


async def test_a_node_that_closes_finishes_what_there_is(studio: Studio) -> None:
    studio.recorder.begin(studio.room())
    await studio.recorder.close()
    assert list(studio.journal.finished.values()) == ["serverClosing"]


async def kill(studio: Studio) -> Unfinished:
    """End the recorder as a killed process ends; what it leaves behind."""
    key, active = studio.recorder._active.popitem()
    capture = active.capture
    capture.flush()
    studio.recorder._disk.close()
    with (capture.folder / "timeline.jsonl").open("ab") as file:
        file.write(b'{"at": 179')  # torn
    return Unfinished(key, capture.folder.name, capture.clock.started_at_ms, capture.clock.now_ms())


def whole_lines(capture_folder: Path) -> list[dict[str, Any]]:
    """All of a timeline but what was torn."""
    entries = []
    for line in (capture_folder / "timeline.jsonl").read_bytes().splitlines():
        with contextlib.suppress(ValueError):
            entries.append(json.loads(line))
    return entries


async def test_the_same_recording_goes_on_when_its_node_was_killed_and_people_come_back(
    patient: Studio, tmp_path: Path
) -> None:
    ada = peer("ada", info(patient.scene.send(), "camera"))
    patient.recorder.begin(patient.room(ada))
    unfinished = await kill(patient)
    second = Studio(tmp_path, empty_for_s=1000)
    second.recorder.resume(unfinished)
    room = second.room()
    second.recorder.somebody_came(room)
    second.recorder.hear(room, PeerJoined(peer("ada")))
    camera = second.scene.send()
    second.recorder.hear(room, ProducerAdded("ada", info(camera, "camera")))
    assert room.told == ["resumed"]
    with pytest.raises(Refused):
        second.recorder.begin(room)
    second.recorder.end(room)
    assert await second.until_finished() == ["stopped"]
    assert list(second.journal.finished) == [patient.journal.begun[0]]
    assert second.journal.begun == []
    entries = whole_lines(patient.journal.begun[0])
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)
    assert [entry["trackStarted"]["number"] for entry in entries if "trackStarted" in entry] == [1, 2]
    people = [len(moment.room.people) for moment in replay(entries, unfinished.started_at_ms)]
    assert people[0] == 1
    assert 0 in people  # the gap
    assert people[-1] == 1
    await second.recorder.close()


async def test_what_nobody_comes_back_to_ends_where_the_node_was_killed(studio: Studio, tmp_path: Path) -> None:
    studio.recorder.begin(studio.room(peer("ada")))
    unfinished = await kill(studio)
    second = Studio(tmp_path)
    second.recorder.resume(unfinished)
    assert await second.until_finished() == ["interrupted"]
    assert second.journal.ended_at_ms[0] <= unfinished.last_ms + EMPTY_SHOWN_MS
    assert second.room().told == []
    await second.recorder.close()


async def test_interpreters_are_recorded_if_their_room_says_so_before_and_after_a_kill(
    patient: Studio, tmp_path: Path
) -> None:
    def interpret(studio: Studio, room: FakeRoom) -> None:
        studio.recorder.hear(room, InterpretationChanged(interpreted(de=["ivo"])))
        voice = info(studio.scene.send(kind="audio"), "mic", "de")
        studio.recorder.hear(room, ProducerAdded("ivo", voice))

    first = patient.room()
    patient.recorder.begin(first)
    interpret(patient, first)
    first.interpretation_recorded = True
    interpret(patient, first)
    unfinished = await kill(patient)
    second = Studio(tmp_path, empty_for_s=1000)
    second.recorder.resume(unfinished)
    room = second.room()
    room.interpretation_recorded = True
    second.recorder.somebody_came(room)
    interpret(second, room)
    second.recorder.end(room)
    assert await second.until_finished() == ["stopped"]
    started = [entry["trackStarted"] for entry in whole_lines(patient.journal.begun[0]) if "trackStarted" in entry]
    assert [(one["number"], one["language"]) for one in started] == [(1, "de"), (2, "de"), (3, "de")]
    await second.recorder.close()


class TestRecordedElsewhere:
    async def test_it_goes_on_here_with_the_first_who_comes(self, patient: Studio) -> None:
        room = patient.room(peer("ada"))
        patient.recorder.recorded_elsewhere(room, 1_790_000_000_000, now_ms() - 60_000, until_ms=now_ms() - 7000)
        assert patient.journal.begun == []
        patient.recorder.somebody_came(room)
        patient.recorder.expect(room)
        assert room.told == ["resumed"]
        assert 7000 <= room.missing_ms < 60_000  # since the recording ended, and not since somebody was in for certain
        assert patient.journal.continued == [1_790_000_000_000]
        header = json.loads((patient.journal.begun[0] / "capture.json").read_text())
        assert header["continues"] == 1_790_000_000_000
        patient.recorder.end(room)
        patient.recorder.somebody_came(room)
        assert await patient.until_finished() == ["stopped"]
        assert len(patient.journal.begun) == 1

    @pytest.mark.parametrize("passed_s", [1000 + NOTED_EVERY_S + 1, 10**9])
    async def test_not_if_everybody_was_away_for_too_long(self, patient: Studio, passed_s: float) -> None:
        room = patient.room(peer("ada"))
        last_ms = now_ms() - int(passed_s * 1000)
        patient.recorder.recorded_elsewhere(room, 1_790_000_000_000, last_ms, until_ms=now_ms())
        patient.recorder.somebody_came(room)
        assert (room.told, patient.journal.begun) == ([], [])

    async def test_not_where_this_node_goes_on_with_it_itself(self, patient: Studio, tmp_path: Path) -> None:
        patient.recorder.begin(patient.room())
        unfinished = await kill(patient)
        second = Studio(tmp_path, empty_for_s=1000)
        second.recorder.resume(unfinished)
        room = second.room()
        second.recorder.recorded_elsewhere(room, unfinished.started_at_ms, now_ms(), now_ms())
        second.recorder.somebody_came(room)
        assert (room.told, second.journal.begun) == (["resumed"], [])
        await second.recorder.close()

    async def test_not_in_the_meeting_after_the_one_that_was_ended(self, patient: Studio) -> None:
        for close in (patient.recorder.meeting_ended, patient.recorder.room_closed):
            room = patient.room()
            patient.recorder.recorded_elsewhere(room, 1_790_000_000_000, now_ms(), now_ms())
            close(room)
            patient.recorder.somebody_came(patient.room())
        assert patient.journal.begun == []

    async def test_a_full_disk_is_told(self, patient: Studio) -> None:
        patient.free = 0
        room = patient.room()
        patient.recorder.recorded_elsewhere(room, 1_790_000_000_000, now_ms(), now_ms())
        patient.recorder.somebody_came(room)
        assert room.told == ["diskFull"]


async def test_what_is_gone_from_the_disk_ends(studio: Studio) -> None:
    studio.recorder.resume(Unfinished(KEY, "gone", 1_790_000_000_000, 1_790_000_001_000))
    assert await studio.until_finished() == ["interrupted"]


async def test_a_silent_recording_says_that_it_lives(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    capture = scene.capture()
    capture.attach(scene.router, snapshot())
    for _ in range(4):
        scene.pass_time(ALIVE_S / 2, capture)
    capture.close("stopped")
    scene.settle()
    kinds = [next(key for key in entry if key != "at") for entry in timeline(tmp_path / "one")]
    assert kinds == ["snapshot", "alive", "alive", "stopped"]
