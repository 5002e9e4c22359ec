from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import av
import pytest

from recording.composition.compose import compose
from recording.composition.draw.look import Look
from recording.composition.draw.render import shots
from recording.composition.draw.scenes import scenes
from recording.composition.read.timeline import replay
from recording.composition.read.tracks import VideoTrack, open_capture
from recording.composition.write.passthrough import MAX_KEYFRAME_DISTANCE_S, only_camera, playable
from tests.recording.make_capture import Camera, Person, make_capture
from tests.recording.packetizers import nal_units

if TYPE_CHECKING:
    from pathlib import Path

SLICES = {1, 5}
CAMERA = Camera("video/H264", 1280, 720, keyframes=60)


def coded_slices(path: Path) -> list[bytes]:
    """The coded pictures of an MP4 file, whose units have their lengths before them."""
    found: list[bytes] = []
    with av.open(str(path)) as container:
        for packet in container.demux(video=0):
            data = bytes(packet)
            position = 0
            while position < len(data):
                size = int.from_bytes(data[position : position + 4], "big")
                found.append(data[position + 4 : position + 4 + size])
                position += 4 + size
    return [unit for unit in found if unit[0] & 0x1F in SLICES]


def made(folder: Path, duration_s: float, **more: Any) -> tuple[list[bytes], list[bytes]]:
    """The coded pictures that were sent, and those of the video."""
    capture = make_capture(folder / "capture", [Person("ann", "Ann", CAMERA)], duration_s)
    compose(capture, folder / "output", **{"look": Look(), **more})
    (track,) = (track for track in open_capture(capture).tracks.values() if isinstance(track, VideoTrack))
    sent = [
        unit for frame in track.encoded(0, duration_s) for unit in nal_units(frame.data) if unit[0] & 0x1F in SLICES
    ]
    return sent, coded_slices(folder / "output" / "video.mp4")


def test_a_camera_that_fills_the_picture_is_not_encoded_again(tmp_path: Path) -> None:
    sent, shown = made(tmp_path, 4.0)
    assert len(sent) >= 119
    assert shown == sent
    with av.open(str(tmp_path / "output" / "video.mp4")) as container:
        times = [float(frame.time or 0) for frame in container.decode(video=0)]
    assert len(times) == len(sent)
    assert times[0] == 0
    assert times[-1] < 4.0
    for name, size in (("720p", (1280, 720)), ("360p", (640, 360))):
        with av.open(str(tmp_path / "output" / "hls" / f"{name}.m3u8")) as container:
            frames = [(frame.width, frame.height) for frame in container.decode(video=0)]
        assert set(frames) == {size}
        assert len(frames) >= len(sent)


def passes(capture: Path) -> bool:
    """Whether a capture's camera needs no encoding."""
    files = open_capture(capture)
    drawn = shots(scenes(replay(files.timeline, files.started_at_ms), [], 0, 3.0), bar=0)
    track = files.tracks.get(only_camera(drawn) or 0)
    return isinstance(track, VideoTrack) and playable(track, 0, 3.0)


@pytest.mark.parametrize(
    ("camera", "passed"),
    [
        (CAMERA, True),
        (replace(CAMERA, width=640, height=360), False),
        (replace(CAMERA, codec="video/VP8"), False),
        (replace(CAMERA, pauses=((1.0, 2.0),)), False),
        (replace(CAMERA, from_s=1.0), False),
        (replace(CAMERA, to_s=2.0), False),
    ],
    ids=["as it is", "small", "other codec", "paused", "late", "ended"],
)
def test_what_players_want_is_needed_from_beginning_to_end(tmp_path: Path, camera: Camera, passed: bool) -> None:
    assert passes(make_capture(tmp_path / "capture", [Person("ann", "Ann", camera)], 3.0)) == passed


def test_with_two_people_it_does_not_fill_the_picture(tmp_path: Path) -> None:
    people = [Person("ann", "Ann", CAMERA), Person("ben", "Ben", None, joins_s=1.0)]
    assert not passes(make_capture(tmp_path / "capture", people, 3.0))


def test_rare_keyframes_are_not_enough(tmp_path: Path) -> None:
    capture = make_capture(tmp_path / "capture", [Person("ann", "Ann", replace(CAMERA, keyframes=None))], 3.0)
    track = open_capture(capture).tracks[2]
    assert isinstance(track, VideoTrack)
    assert playable(track, 0, 3.0)
    assert not playable(track, 0, 3.0 + MAX_KEYFRAME_DISTANCE_S)


def test_with_the_mark_of_an_account_it_is_encoded(tmp_path: Path) -> None:
    sent, shown = made(tmp_path, 1.0, look=Look("Clinic"))
    assert shown != sent
