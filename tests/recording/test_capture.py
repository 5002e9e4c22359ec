"""A room's packets and what a viewer saw, written to files: what is in them, and what isn't."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import pytest

from media.rtp.rtcp import SenderReport
from media.rtp.rtp import parse_rtp_header
from rooms.protocol import InterpretationChanged, PeerJoined, PeerLeft, ProducerAdded, ProducerPaused, ProducerRemoved
from tests.media.clients import video_parameters
from tests.recording.captures import STARTED_AT_MS, Scene, info, interpreted, peer, records, snapshot, timeline

if TYPE_CHECKING:
    from pathlib import Path

    from media.ortc.parameters import RtpParameters
    from recording.rtpdump import Record

# A whole picture of H.264 that needs no other (RFC 6184: NAL unit type 5).
IDR: Final = b"\x65" + bytes(8)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def number(record: Record) -> int:
    """The sequence number of an RTP record."""
    return parse_rtp_header(bytearray(record.data), len(record.data)).sequence_number


def h264_parameters(**others: Any) -> RtpParameters:
    """What a client sends for a camera in H.264."""
    parameters = {"profile_level_id": "42e01f", "packetization_mode": 1, **others}
    return video_parameters(mime_type="video/H264", **parameters)


def body(record: Record) -> int:
    """What `Track.frame` was given."""
    return int.from_bytes(record.data[-8:], "big")


class TestTracks:
    def test_packets_are_written_as_they_come_with_their_arrival(self, scene: Scene) -> None:
        capture, camera = scene.capture(), scene.send()
        capture.attach(scene.router, snapshot(peer("ada", info(camera, "camera"))))
        for count in range(1, 6):
            scene.now += 0.1
            camera.frame(count, key=count == 2)
        capture.close("stopped")
        scene.settle()
        written = records(capture.folder, 1)
        assert [body(record) for record in written] == [2, 3, 4, 5]  # from the first keyframe on
        assert [record.offset_ms for record in written] == [200, 300, 400, 500]
        assert [number(record) - number(written[0]) for record in written] == [0, 1, 2, 3]

    def test_a_repaired_packet_comes_late_under_its_own_number(self, scene: Scene) -> None:
        capture, camera = scene.capture(), scene.send()
        capture.attach(scene.router, snapshot(peer("ada", info(camera, "camera"))))
        camera.frame(1, key=True)
        camera.frame(2)
        camera.frame(4)
        camera.frame(3)
        capture.close("stopped")
        scene.settle()
        written = records(capture.folder, 1)
        assert [body(record) for record in written] == [1, 2, 4, 3]
        assert [number(record) - number(written[0]) for record in written] == [0, 1, 3, 2]

    def test_the_best_layer_is_followed_and_numbers_go_on(self, scene: Scene) -> None:
        capture, camera = scene.capture(), scene.send(video_parameters(rids=("a", "b", "c")), layers="simulcast")
        best = len(camera.streams) - 1
        camera.frame(1, key=True)  # the smallest layer is all there is at first
        capture.attach(scene.router, snapshot(peer("ada", info(camera, "camera"))))
        camera.frame(2, key=True)
        camera.now = scene.now = 1.0
        camera.frame(1, best, key=True)
        scene.pass_time(0.1, capture)
        camera.frame(2, best, key=True)
        camera.frame(3, best)
        camera.frame(3)
        capture.close("stopped")
        scene.settle()
        written = [record for record in records(capture.folder, 1) if not record.is_rtcp]
        assert [body(record) for record in written][-2:] == [2, 3]
        assert [number(record) - number(written[0]) for record in written] == list(range(len(written)))

    def test_what_comes_later_and_what_goes_is_a_track_of_its_own(self, scene: Scene) -> None:
        capture, camera, mic = scene.capture(), scene.send(), scene.send(kind="audio")
        capture.attach(scene.router, snapshot(peer("ada")))
        capture.hear(ProducerAdded("ada", info(camera, "camera")))
        capture.hear(PeerJoined(peer("bob", info(mic, "mic"))))
        assert capture.track_count == 2
        camera.producer.close()
        assert capture.track_count == 1
        capture.close("stopped")
        scene.settle()
        entries = timeline(capture.folder)
        started = [entry["trackStarted"] for entry in entries if "trackStarted" in entry]
        assert [(one["number"], one["peerId"], one["source"], one["mimeType"]) for one in started] == [
            (1, "ada", "camera", "video/VP8"),
            (2, "bob", "mic", "audio/opus"),
        ]
        assert [entry["trackEnded"]["number"] for entry in entries if "trackEnded" in entry] == [1, 2]

    def test_interpreters_are_not_recorded(self, scene: Scene) -> None:
        capture, original, voice = scene.capture(), scene.send(kind="audio"), scene.send(kind="audio")
        ivo = peer("ivo", info(voice, "mic", "de"), role="interpreter")
        ada = peer("ada", info(original, "mic"))
        capture.attach(scene.router, snapshot(ada, ivo, interpretation=interpreted(de=["ivo"])))
        capture.hear(ProducerAdded("ivo", info(scene.send(kind="audio"), "mic", "de")))
        capture.hear(InterpretationChanged(interpreted(de=["ivo"], fr=["fay"])))
        assert capture.track_count == 1

    def test_interpreters_are_recorded_where_that_is_wanted_with_their_languages(self, scene: Scene) -> None:
        capture, voice = scene.capture(), scene.send(kind="audio")
        wanted = [False]
        ivo = peer("ivo", info(scene.send(kind="audio"), "mic", "de"), role="interpreter")
        capture.attach(scene.router, snapshot(ivo, interpretation=interpreted(de=["ivo"])), lambda: wanted[0])
        assert capture.track_count == 0
        wanted[0] = True  # somebody came by whom it is known
        capture.hear(InterpretationChanged(interpreted(de=["ivo"], uk=["uwe"])))
        capture.hear(ProducerAdded("uwe", info(voice, "mic", "uk")))
        capture.close("stopped")
        scene.settle()
        started = [entry["trackStarted"] for entry in timeline(capture.folder) if "trackStarted" in entry]
        assert [(one["peerId"], one["language"], one["languageName"]) for one in started] == [
            ("ivo", "de", "DE"),
            ("uwe", "uk", "UK"),
        ]

    def test_interpreters_are_recorded_only_while_somebody_could_hear_them(self, scene: Scene) -> None:
        capture, voice, gone = scene.capture(), scene.send(kind="audio"), scene.send(kind="audio")
        capture.attach(scene.router, snapshot(), lambda: True)
        capture.hear(ProducerAdded("ivo", info(voice, "mic", "de")))  # a moderator has turned it off
        capture.hear(ProducerAdded("ida", info(gone, "mic", "de")))
        assert capture.track_count == 0
        capture.hear(ProducerRemoved("ida", gone.producer.id))
        capture.hear(InterpretationChanged(interpreted(de=["ivo", "ida"])))
        assert capture.track_count == 1
        capture.hear(InterpretationChanged(interpreted()))
        assert capture.track_count == 0
        capture.hear(InterpretationChanged(interpreted(de=["ivo"])))
        assert capture.track_count == 1
        capture.hear(PeerLeft("ivo", "left"))
        voice.producer.close()
        capture.hear(InterpretationChanged(interpreted(de=["ivo"])))
        assert capture.track_count == 0

    def test_senders_reports_are_written_for_lip_sync(self, scene: Scene) -> None:
        capture, camera = scene.capture(), scene.send()
        capture.attach(scene.router, snapshot(peer("ada", info(camera, "camera"))))
        camera.frame(1, key=True)
        report = SenderReport(camera.streams[0].ssrc or 0, 5 << 32, 3000, 1, 100)
        camera.streams[0].receive_sender_report(report, scene.now)
        scene.pass_time(1.0, capture)
        capture.close("stopped")
        scene.settle()
        (rtcp,) = [record for record in records(capture.folder, 1) if record.is_rtcp]
        assert rtcp.offset_ms == 1000
        assert rtcp.data[1] == 200
        assert int.from_bytes(rtcp.data[8:16], "big") == 6 << 32

    def test_a_keyframe_is_asked_for_each_minute(self, scene: Scene) -> None:
        capture, camera = scene.capture(), scene.send()
        capture.attach(scene.router, snapshot(peer("ada", info(camera, "camera"))))
        camera.frame(1, key=True)
        asked = len(camera.transport.requested)
        camera.now = 60.0
        scene.pass_time(60.0, capture)
        assert len(camera.transport.requested) == asked + 1

    def test_of_a_lone_h264_camera_more_often_as_it_may_become_the_video(self, scene: Scene) -> None:
        capture, camera = scene.capture(), scene.send(h264_parameters())
        capture.attach(scene.router, snapshot(peer("ada", info(camera, "camera"))))
        camera.feed(1, IDR)
        asked = len(camera.transport.requested)
        camera.now = 8.0
        scene.pass_time(8.0, capture)
        assert len(camera.transport.requested) == asked + 1
        camera.feed(2, IDR)
        other = scene.send(h264_parameters(ssrc=0x2010, rtx_ssrc=0x2011))
        capture.hear(PeerJoined(peer("ben", info(other, "camera"))))
        camera.now = 16.0
        asked = len(camera.transport.requested)
        scene.pass_time(8.0, capture)
        assert len(camera.transport.requested) == asked


class TestTimeline:
    def test_it_begins_with_the_room_and_goes_on_with_what_a_viewer_hears(self, scene: Scene) -> None:
        capture, camera = scene.capture(), scene.send()
        capture.attach(scene.router, snapshot(peer("ada", info(camera, "camera"))))
        scene.now = 1.5
        capture.hear(ProducerPaused("ada", camera.producer.id, paused=True))
        capture.hear(PeerLeft("ada", "left"))
        capture.close("stopped")
        scene.settle()
        entries = timeline(capture.folder)
        assert entries[0]["at"] == STARTED_AT_MS
        assert entries[0]["snapshot"]["peers"][0]["displayName"] == "Ada"
        paused = next(entry for entry in entries if entry.get("event") == "producerPaused")
        assert paused["at"] == STARTED_AT_MS + 1500
        assert paused["data"] == {"peerId": "ada", "producerId": camera.producer.id, "paused": True}
        assert entries[-1]["stopped"] == {"reason": "stopped"}

    def test_the_folder_tells_which_room_it_was(self, scene: Scene) -> None:
        header = json.loads((scene.capture().folder / "capture.json").read_text())
        assert header == {
            "version": 1,
            "accountId": 1,
            "roomId": "serv0abc",
            "node": "serv0",
            "startedAt": STARTED_AT_MS,
            "continues": None,
        }

    def test_a_room_that_goes_and_comes_back_has_another_snapshot(self, scene: Scene) -> None:
        capture, camera = scene.capture(), scene.send()
        capture.attach(scene.router, snapshot(peer("ada", info(camera, "camera"))))
        camera.frame(1, key=True)
        capture.detach()
        assert not capture.attached
        scene.pass_time(10, capture)
        again = scene.send()
        capture.attach(scene.router, snapshot(peer("ada", info(again, "camera"))))
        again.frame(1, key=True)
        capture.close("empty")
        capture.close("stopped")
        scene.settle()
        entries = timeline(capture.folder)
        assert [entry["at"] - STARTED_AT_MS for entry in entries if "snapshot" in entry] == [0, 10_000]
        assert [len(records(capture.folder, track)) for track in (1, 2)] == [1, 1]
        assert entries[-1]["stopped"] == {"reason": "empty"}


class TestDisk:
    def test_nothing_is_kept_back_longer_than_until_the_next_flush(self, scene: Scene) -> None:
        capture, camera = scene.capture(), scene.send()
        capture.attach(scene.router, snapshot(peer("ada", info(camera, "camera"))))
        camera.frame(1, key=True)
        scene.pass_time(0.4, capture)
        scene.settle()
        assert len(records(capture.folder, 1)) == 1
        assert timeline(capture.folder)[1]["trackStarted"]["peerId"] == "ada"

    def test_a_disk_that_is_nearly_full_ends_it_and_what_there_is_stays(self, scene: Scene) -> None:
        capture, camera = scene.capture(), scene.send()
        capture.attach(scene.router, snapshot(peer("ada", info(camera, "camera"))))
        camera.frame(1, key=True)
        scene.free = 1000
        for _ in range(3):
            camera.frame(2)
            scene.pass_time(0.4, capture)
        scene.settle()
        assert scene.problems == ["diskFull"]
        written: list[bool] = []
        capture.close("diskFull", lambda: written.append(True))
        scene.settle()
        assert timeline(capture.folder)[-1]["stopped"] == {"reason": "diskFull"}
        assert records(capture.folder, 1)
        assert written == [True]
        assert not scene.disk.room_for(capture.folder)

    def test_a_file_that_cannot_be_written_ends_it(self, scene: Scene) -> None:
        capture, camera = scene.capture(), scene.send()
        (capture.folder / "tracks" / "0001.rtpdump").mkdir()
        capture.attach(scene.router, snapshot(peer("ada", info(camera, "camera"))))
        camera.frame(1, key=True)
        scene.pass_time(0.4, capture)
        scene.settle()
        assert scene.problems == ["writeError"]

    def test_a_disk_that_does_not_keep_up_ends_it(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("recording.capture.capture.MAX_BACKLOG_BYTES", -1)
        capture = scene.capture()
        capture.attach(scene.router, snapshot())
        scene.pass_time(0.4, capture)
        assert scene.problems == ["writeError"]
        scene.settle()

    def test_what_the_disk_has_survives_the_end_of_the_process(self, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "tests.recording.capture_process", str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            flushed = int(process.stdout.readline())
            process.kill()
        (folder,) = tmp_path.iterdir()
        assert [body(record) for record in records(folder, 1)] == list(range(1, flushed + 1))
        assert timeline(folder)[1]["trackStarted"]["number"] == 1
        assert "stopped" not in timeline(folder)[-1]
