"""A capture's tracks in the recording's time: the right picture at each moment, whatever was lost or torn off."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import av
import numpy as np
import pytest

from recording.composition.read.decoding import upright
from recording.composition.read.tracks import AudioTrack, UnreadableCapture, VideoTrack, open_capture
from recording.rtpdump import RtpdumpReader, RtpdumpWriter
from tests.recording.make_capture import Camera, Mic, Network, Person, make_capture
from tests.recording.signals import FRAME, RATE, is_flash, picture, read_number

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from recording.composition.read.tracks import TimedFrame

DELAY_S = 0.03
SMALL = Camera(width=320, height=180)


def camera(folder: Path) -> VideoTrack:
    """The first camera of a capture."""
    tracks = open_capture(folder).tracks.values()
    return next(track for track in tracks if isinstance(track, VideoTrack))


def luma(frame: av.VideoFrame) -> NDArray[np.uint8]:
    return cast("NDArray[np.uint8]", frame.to_ndarray(format="gray"))


def shown(frames: Iterable[TimedFrame]) -> list[tuple[float, int]]:
    """Times, and the numbers that the pictures show."""
    return [(frame.time_s, read_number(luma(frame.frame))) for frame in frames]


@pytest.mark.parametrize("codec", ["video/VP8", "video/VP9", "video/H264", "video/AV1"])
def test_each_picture_has_its_time(tmp_path: Path, codec: str) -> None:
    network = Network(jitter_s=0.02, loss=0.05, duplicates=0.02)
    person = Person("ann", camera=replace(SMALL, codec=codec, fps=15), network=network, clock_s=12.3, joins_s=0.4)
    track = camera(make_capture(tmp_path / "capture", [person], 4.0))
    frames = list(track.frames(0.0, 4.0))
    numbers = [read_number(luma(frame.frame)) for frame in frames]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= 15 * 3.5
    for number, frame in enumerate(frames):
        assert frame.time_s == pytest.approx(0.4 + DELAY_S + number / 15, abs=0.005)
        assert is_flash(luma(frame.frame)) is (number % 15 < 2)


@pytest.mark.parametrize("from_s", [0.0, 0.5, 1.7, 2.01, 3.99])
def test_frames_begin_with_the_picture_that_is_to_be_seen(tmp_path: Path, from_s: float) -> None:
    person = Person("ann", mic=None, camera=replace(SMALL, fps=10, keyframes=15))
    track = camera(make_capture(tmp_path / "capture", [person], 5.0))
    whole = shown(track.frames(0.0, 9.0))
    part = shown(track.frames(from_s, 4.5))
    assert part[0] == [frame for frame in whole if frame[0] <= from_s or from_s == 0][: None if from_s else 1][-1]
    assert part[1:] == [frame for frame in whole if part[0][0] < frame[0] < 4.5]


def test_long_after_the_last_picture_it_is_still_the_one_to_be_seen(tmp_path: Path) -> None:
    person = Person("ann", mic=None, camera=replace(SMALL, fps=10, to_s=2.0))
    track = camera(make_capture(tmp_path / "capture", [person], 5.0))
    assert [number for _, number in shown(track.frames(4.0, 5.0))] == [19]


def test_pictures_that_are_lost_are_left_out_and_the_rest_is_right(tmp_path: Path) -> None:
    person = Person(
        "ann", mic=None, camera=replace(SMALL, fps=15, keyframes=10), network=Network(loss=0.05, lost_for_good=0.02)
    )
    track = camera(make_capture(tmp_path / "capture", [person], 8.0))
    frames = shown(track.frames(0.0, 8.0))
    assert 30 < len(frames) < 120
    for time_s, number in frames:
        assert time_s == pytest.approx(DELAY_S + number / 15, abs=0.005)


def test_a_keyframe_of_which_a_packet_is_lost_is_no_place_to_begin(tmp_path: Path) -> None:
    person = Person("ann", mic=None, camera=replace(SMALL, fps=10, keyframes=10))
    folder = make_capture(tmp_path / "capture", [person], 4.0)
    number = open_capture(folder).tracks[1].number
    path = folder / "tracks" / f"{number:04}.rtpdump"
    with path.open("rb") as file:
        reader = RtpdumpReader(file)
        records = list(reader.records())
        start_us = reader.start_us
    with path.open("wb") as file:
        writer = RtpdumpWriter(file, start_us)
        key = [record for record in records if not record.is_rtcp and 2020 <= record.offset_ms <= 2040]
        for record in records:
            if record is not key[-1]:
                (writer.rtcp if record.is_rtcp else writer.rtp)(record.data, record.offset_ms)
        writer.flush()
    numbers = [number for _, number in shown(camera(folder).frames(2.5, 4.0))]
    assert numbers == [19, *range(30, 40)]


def test_encoded_frames_begin_with_a_keyframe_and_are_the_same_bytes(tmp_path: Path) -> None:
    person = Person("ann", mic=None, camera=replace(SMALL, codec="video/H264", fps=10, keyframes=15))
    track = camera(make_capture(tmp_path / "capture", [person], 5.0))
    frames = list(track.encoded(2.0, 4.0))
    assert frames[0].is_keyframe
    assert frames[0].time_s == pytest.approx(DELAY_S + 1.5, abs=0.005)
    assert len(frames) == 25
    assert {(frame.size, frame.rotation) for frame in frames} == {((320, 180), 0)}
    assert [place for place, frame in enumerate(frames) if frame.is_keyframe] == [0, 15]
    again = list(track.encoded(0.0, 5.0))
    assert [frame.data for frame in again[15:40]] == [frame.data for frame in frames]


def test_where_it_need_not_be_smooth_pictures_of_the_top_layer_are_left_out(tmp_path: Path) -> None:
    layered = replace(SMALL, temporal_layers=True)
    folder = make_capture(tmp_path / "capture", [Person("ann", camera=layered)], 2.0)
    whole = shown(camera(folder).frames(0.0, 2.0))
    assert [number for _, number in whole] == list(range(len(whole)))
    thinned = shown(camera(folder).frames(0.0, 2.0, lambda time_s: time_s < 1.0))
    assert thinned == [(time_s, number) for time_s, number in whole if time_s < 1.0 or number % 2 == 0]
    assert len(thinned) < 0.8 * len(whole)


def test_a_torn_capture_gives_what_there_is(tmp_path: Path) -> None:
    people = [Person("ann", camera=replace(SMALL, fps=10)), Person("ben", camera=replace(SMALL, fps=10))]
    folder = make_capture(tmp_path / "capture", people, 4.0)
    timeline = (folder / "timeline.jsonl").read_bytes()
    (folder / "timeline.jsonl").write_bytes(
        timeline[: -len(b'{"at":1790000004000,"stopped":{"reason":"stopped"}}') + 9]
    )
    whole = shown(camera(folder).frames(0.0, 4.0))
    cut = (folder / "tracks" / "0002.rtpdump").read_bytes()
    (folder / "tracks" / "0002.rtpdump").write_bytes(cut[: len(cut) // 2])
    (folder / "tracks" / "0003.rtpdump").write_bytes(b"")
    (folder / "tracks" / "0004.rtpdump").unlink()
    capture = open_capture(folder)
    assert sorted(capture.tracks) == [1, 2]
    assert 3.9 < capture.duration_s < 4.0
    assert all("stopped" not in entry for entry in capture.timeline)
    part = shown(camera(folder).frames(0.0, 4.0))
    assert 3 < len(part) < len(whole)
    assert [number for _, number in part] == list(range(len(part)))


@pytest.mark.parametrize("header", [None, "", "{}", "[1]", "nonsense"])
def test_a_folder_that_is_no_capture(tmp_path: Path, header: str | None) -> None:
    if header is not None:
        (tmp_path / "capture.json").write_text(header)
    with pytest.raises(UnreadableCapture):
        open_capture(tmp_path)


def test_a_capture_that_was_killed_at_once_is_empty(tmp_path: Path) -> None:
    header = {"version": 1, "accountId": 1, "roomId": "serv0abc", "node": "serv0", "startedAt": 1_790_000_000_000}
    (tmp_path / "capture.json").write_text(json.dumps(header))
    capture = open_capture(tmp_path)
    assert (capture.tracks, capture.duration_s, list(capture.timeline)) == ({}, 0.0, [])


def test_nonsense_in_a_timeline_is_passed_over(tmp_path: Path) -> None:
    folder = make_capture(tmp_path / "capture", [Person("ann", camera=None)], 1.0)
    lines = b'7\n{"at":"x"}\n{"at":1,"event":"peerJoined","data":null}\n{"at":1,"trackStarted":{"number":9}}\n\xff\n'
    (folder / "timeline.jsonl").write_bytes(lines + (folder / "timeline.jsonl").read_bytes())
    assert sorted(open_capture(folder).tracks) == [1]


def test_who_comes_again_has_another_clock(tmp_path: Path) -> None:
    # From another device: it is two minutes off, and tracks of the two have nothing in common.
    first = Person("ann", camera=replace(SMALL, fps=10), leaves_s=2.0)
    again = Person("ann", camera=replace(SMALL, fps=10), joins_s=2.5, clock_s=120.0)
    capture = open_capture(make_capture(tmp_path / "capture", [first, again], 5.0))
    cameras = [track for track in capture.tracks.values() if isinstance(track, VideoTrack)]
    for track, begins_s in zip(cameras, (0.0, 2.5), strict=True):
        for time_s, number in shown(track.frames(0.0, 5.0)):
            assert time_s == pytest.approx(begins_s + DELAY_S + number / 10, abs=0.005)


def test_what_a_capture_tells_of_its_tracks(tmp_path: Path) -> None:
    people = [Person("ann", camera=replace(SMALL, fps=10), mic=Mic(from_s=1.0)), Person("ben", camera=None)]
    capture = open_capture(make_capture(tmp_path / "capture", people, 3.0))
    assert (capture.room_id, capture.account_id, capture.duration_s) == ("serv0abc", 1, 3.0)
    assert [(track.number, track.peer_id, track.info.source) for track in capture.tracks.values()] == [
        (1, "ann", "mic"),
        (2, "ann", "camera"),
        (3, "ben", "mic"),
    ]
    assert [track.number for track in capture.audio_tracks] == [1, 3]
    assert isinstance(capture.tracks[1], AudioTrack)
    # The first packet leaves when it is whole.
    assert capture.tracks[1].from_s == pytest.approx(1.0 + FRAME / RATE + DELAY_S, abs=0.005)


def test_a_phone_s_pictures_stand_upright(tmp_path: Path) -> None:
    person = Person("ann", mic=None, camera=replace(SMALL, fps=5, rotation=90))
    track = camera(make_capture(tmp_path / "capture", [person], 2.0))
    frames = list(track.frames(0.0, 2.0))
    assert {(frame.frame.width, frame.frame.height) for frame in frames} == {(180, 320)}
    assert [read_number(np.rot90(luma(frame.frame))) for frame in frames] == list(range(len(frames)))
    assert {(frame.size, frame.rotation) for frame in track.encoded(0.0, 2.0)} == {((320, 180), 90)}


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_pictures_are_turned_clockwise(degrees: int) -> None:
    image = picture(0x1234, 320, 180, (200, 40, 40))
    original = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
    turned = upright(original, degrees)
    expected = np.rot90(image, -degrees // 90)
    assert (turned.height, turned.width) == expected.shape[:2]
    difference = np.abs(turned.to_ndarray(format="rgb24").astype(int) - expected.astype(int))
    assert difference.mean() < 6
