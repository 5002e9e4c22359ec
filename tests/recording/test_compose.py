from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import msgspec
import numpy as np
import pytest

from recording.composition.compose import NothingCaptured, compose
from recording.composition.draw.layout import HEIGHT, WIDTH, Rect, arrange
from recording.composition.draw.look import AROUND_PICTURE, BACKGROUND, TILE, Look, avatar_colour
from recording.composition.read.tracks import UnreadableCapture
from recording.composition.result import Result
from recording.composition.write.packaging import segments
from tests.recording.make_capture import Camera, Mic, Network, Person, make_capture
from tests.recording.videos import alike, boxes, brightness, colour_at, onsets, pictures_at, sound_of

if TYPE_CHECKING:
    from pathlib import Path

BLUE = (40, 90, 160)
RED = (160, 60, 40)
GREEN = (20, 120, 60)
SMALL = Camera(width=320, height=180, colour=BLUE)
# Where the square that flashes is in a camera's picture that fills the video.
FLASH = Rect(round(0.45 * WIDTH), round(0.39 * HEIGHT), round(0.1 * WIDTH), round(0.08 * HEIGHT))


def composed(folder: Path, people: list[Person], duration_s: float, **more: Any) -> tuple[Path, Result]:
    """A video of a capture of these people, and what is told of it."""
    make_capture(folder / "capture", people, duration_s)
    result = compose(folder / "capture", folder / "output", **{"look": Look(), **more})
    return folder / "output", result


@pytest.fixture(scope="module")
def meeting(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result, list[float]]:
    """Ann is there, Ben comes at 2 s and turns his camera off at 5 s, Cleo shares from 3 s to 4 s and has no camera."""
    progress: list[float] = []
    people = [
        Person("ann", "Ann", SMALL),
        Person("ben", "Жанна", Camera(width=320, height=180, colour=RED, to_s=5.0), joins_s=2.0),
        Person("cleo", "Cleo", None, None, Camera(width=640, height=360, colour=GREEN, from_s=3.0, to_s=4.0)),
    ]
    folder, result = composed(tmp_path_factory.mktemp("meeting"), people, 6.0, progress=progress.append)
    return folder, result, progress


def test_tiles_are_there_at_their_times(meeting: tuple[Path, Result, list[float]]) -> None:
    before, together, shared, after = pictures_at(meeting[0] / "video.mp4", 1.5, 2.6, 3.5, 5.5)
    two, three = arrange(2, staged=False).places, arrange(3, staged=False).places
    assert alike(colour_at(before, two[0]), BLUE)
    assert alike(colour_at(before, two[1]), TILE)
    # In the order in which they joined: Cleo before Ben
    assert [alike(colour_at(together, three[index]), colour) for index, colour in enumerate((BLUE, TILE, RED))]
    assert alike(colour_at(together, three[0]), BLUE)
    assert alike(colour_at(together, three[2]), RED)
    staged = arrange(3, staged=True)
    assert staged.stage is not None
    assert alike(colour_at(shared, staged.stage), GREEN)
    assert alike(colour_at(shared, staged.stage, 0.5, 0.02), AROUND_PICTURE)
    assert alike(colour_at(shared, staged.places[0]), BLUE)
    assert alike(colour_at(shared, staged.places[2]), RED)
    assert alike(colour_at(after, three[0]), BLUE)
    assert alike(colour_at(after, three[2]), TILE)
    assert alike(colour_at(after, three[2], 0.42, 0.5), avatar_colour("ben"))
    assert alike(colour_at(after, Rect(0, 0, 20, 20), 0.2, 0.2), BACKGROUND)


def test_names_and_muted_microphones_are_told_on_tiles(meeting: tuple[Path, Result, list[float]]) -> None:
    (picture,) = pictures_at(meeting[0] / "video.mp4", 5.5)

    def label(place: Rect) -> np.ndarray[Any, Any]:
        return picture[place.top + place.height - 42 : place.top + place.height - 12, place.left + 12 : place.left + 90]

    ann, cleo, ben = (label(place).astype(int) for place in arrange(3, staged=False).places)
    for one in (ann, cleo, ben):
        assert (one.min(axis=2) > 200).sum() > 30  # white letters
    reddish = [((one[..., 0] - one[..., 2]) > 40).sum() for one in (ann, cleo, ben)]
    assert reddish[1] > 20  # Cleo has no microphone
    assert reddish[0] == 0


def test_progress_rises_to_the_end(meeting: tuple[Path, Result, list[float]]) -> None:
    progress = meeting[2]
    assert progress == sorted(set(progress))
    assert progress[-1] == 1.0
    assert len(progress) > 4


def test_the_result_tells_of_the_video(meeting: tuple[Path, Result, list[float]]) -> None:
    folder, result, _ = meeting
    assert msgspec.json.decode((folder / "result.json").read_bytes(), type=Result) == result
    assert (result.duration_s, result.width, result.height) == (6.0, WIDTH, HEIGHT)
    assert result.size_bytes == (folder / "video.mp4").stat().st_size
    assert [(peer.peer_id, peer.display_name) for peer in result.peers] == [
        ("ann", "Ann"),
        ("cleo", "Cleo"),
        ("ben", "Жанна"),
    ]
    assert sorted(path.name for path in folder.iterdir()) == [
        "chapters.json",
        "chapters.vtt",
        "hls",
        "poster.jpg",
        "result.json",
        "sprite.jpg",
        "sprite.vtt",
        "video.mp4",
    ]


def test_the_file_is_what_players_want(meeting: tuple[Path, Result, list[float]]) -> None:
    path = meeting[0] / "video.mp4"
    order = boxes(path.read_bytes())
    assert order.index("moov") < order.index("mdat")
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, video.profile, video.codec_context.pix_fmt) == ("h264", "High", "yuv420p")
        assert (video.width, video.height) == (WIDTH, HEIGHT)
        assert video.average_rate == Fraction(30)
        assert (audio.codec_context.name, audio.profile, audio.rate, audio.channels) == ("aac", "LC", 48000, 2)
        times = [frame.time for frame in container.decode(video=0)]
    assert times == pytest.approx([tick / 30 for tick in range(180)])


def test_there_is_sound_for_each_moment(meeting: tuple[Path, Result, list[float]]) -> None:
    samples, begins_s = sound_of(meeting[0] / "video.mp4")
    assert begins_s == 0
    assert 0 <= len(samples) - 6 * 48_000 < 1024  # the last packet is filled up
    heard = [np.abs(samples[second * 48_000 + 2000 : second * 48_000 + 4000]).max() for second in range(6)]
    assert min(heard) > 0.1
    quiet = np.abs(samples[round(0.5 * 48_000) : round(0.9 * 48_000)])
    assert quiet.max() < 0.02


def test_hls_has_both_sizes_and_the_same_sound(meeting: tuple[Path, Result, list[float]]) -> None:
    folder = meeting[0] / "hls"
    master = (folder / "master.m3u8").read_text()
    variants = re.findall(r"#EXT-X-STREAM-INF:(.+)\n(.+)", master)
    assert [name for _, name in variants] == ["720p.m3u8", "360p.m3u8"]
    assert "RESOLUTION=1280x720" in variants[0][0]
    assert "RESOLUTION=640x360" in variants[1][0]
    for attributes, _ in variants:
        assert re.search(r'CODECS="avc1\.6400[0-9a-f]{2},mp4a\.40\.2"', attributes)
        bandwidth = re.search(r"BANDWIDTH=(\d+),AVERAGE-BANDWIDTH=(\d+)", attributes)
        assert bandwidth is not None
        assert int(bandwidth[1]) >= int(bandwidth[2]) > 0
    for name in ("720p", "360p", "audio"):
        listed = segments(folder / f"{name}.m3u8")
        assert all(path.stat().st_size > 0 for path, _ in listed)
        assert sum(duration_s for _, duration_s in listed) == pytest.approx(6.0, abs=0.03)
        assert (folder / f"{name}-init.mp4").exists()
    for size, name in (((1280, 720), "720p"), ((640, 360), "360p")):
        with av.open(str(folder / f"{name}.m3u8")) as container:
            frames = [(frame.width, frame.height) for frame in container.decode(video=0)]
        assert frames == [size] * 180


def test_segments_begin_at_the_same_times_with_pictures_of_their_own(meeting: tuple[Path, Result, list[float]]) -> None:
    folder = meeting[0] / "hls"
    for name in ("720p", "360p"):
        assert [duration_s for _, duration_s in segments(folder / f"{name}.m3u8")] == [4.0, 2.0]
        with av.open(str(folder / f"{name}.m3u8")) as container:
            packets = [packet for packet in container.demux(video=0) if packet.is_keyframe]
            keys = [float((packet.pts or 0) * packet.time_base) for packet in packets]
        assert [time_s - keys[0] for time_s in keys] == pytest.approx([0, 2, 4])


def test_pictures_are_small_enough_to_look_for_a_place(meeting: tuple[Path, Result, list[float]]) -> None:
    folder = meeting[0]
    cues = re.findall(r"(\S+) --> (\S+)\nsprite\.jpg#xywh=(\d+),(\d+),160,90", (folder / "sprite.vtt").read_text())
    assert cues == [
        ("00:00:00.000", "00:00:02.000", "0", "0"),
        ("00:00:02.000", "00:00:04.000", "160", "0"),
        ("00:00:04.000", "00:00:06.000", "320", "0"),
    ]
    (sheet,) = pictures_at(folder / "sprite.jpg", 0)
    assert sheet.shape == (90, 480, 3)
    left, top, width, height = (number // 8 for number in arrange(3, staged=False).places[0])
    assert alike(colour_at(sheet, Rect(320 + left, top, width, height)), BLUE, 30)
    (poster,) = pictures_at(folder / "poster.jpg", 0)
    assert poster.shape == (HEIGHT, WIDTH, 3)


def test_beeps_are_heard_when_the_flash_is_seen(tmp_path: Path) -> None:
    late = Person("ann", "Ann", SMALL, network=Network(delay_s=0.2, jitter_s=0.03, loss=0.02), clock_s=17.0)
    folder, _ = composed(tmp_path, [late], 6.0)
    times, levels = zip(*brightness(folder / "video.mp4", FLASH), strict=True)
    flashes = onsets(times, levels, 120)
    samples, begins_s = sound_of(folder / "video.mp4")
    blocks = np.abs(samples[: len(samples) // 48 * 48].reshape(-1, 48)).max(axis=1)
    beeps = onsets([begins_s + index / 1000 for index in range(len(blocks))], list(blocks), 0.1)
    assert len(flashes) >= 5
    for flash_s in flashes:
        assert min(abs(beep_s - flash_s) for beep_s in beeps) <= 0.04


def test_one_camera_alone_fills_the_picture(tmp_path: Path) -> None:
    folder, _ = composed(tmp_path, [Person("ann", "Ann", SMALL)], 2.0)
    (picture,) = pictures_at(folder / "video.mp4", 1.5)
    for corner in (picture[4, 4], picture[4, -4], picture[-4, -4]):
        assert alike([int(value) for value in corner], BLUE)


def test_an_account_sees_its_mark_below_the_tiles(tmp_path: Path) -> None:
    folder, _ = composed(tmp_path, [Person("ann", "Ann", SMALL)], 2.0, look=Look("Äskulap"))
    (picture,) = pictures_at(folder / "video.mp4", 1.5)
    bar = picture[-52:].astype(int)
    assert (bar[:, :200].min(axis=2) > 120).sum() > 100
    assert (bar[:, 300:].min(axis=2) > 120).sum() == 0


def test_a_part_of_a_capture_becomes_a_video_of_its_own(tmp_path: Path) -> None:
    people = [Person("ann", "Ann", SMALL), Person("ben", "Ben", Camera(width=320, height=180, colour=RED), joins_s=3.0)]
    folder, result = composed(tmp_path, people, 6.0, from_s=2.5, to_s=4.5)
    assert result.duration_s == 2.0
    alone, together = pictures_at(folder / "video.mp4", 0.3, 1.0)
    assert alike(colour_at(alone, Rect(0, 0, WIDTH, HEIGHT)), BLUE)
    assert alike(colour_at(together, arrange(2, staged=False).places[1]), RED)
    samples, _ = sound_of(folder / "video.mp4")
    assert np.abs(samples[24_000 + 1000 : 24_000 + 3000]).max() > 0.1  # the beep at 3 s


def test_the_end_of_a_capture_that_was_killed_is_left_out(tmp_path: Path) -> None:
    make_capture(tmp_path / "capture", [Person("ann", "Ann", SMALL)], 4.0)
    for path in (tmp_path / "capture").rglob("*.rtpdump"):
        path.write_bytes(path.read_bytes()[: round(path.stat().st_size * 0.7)])
    timeline = tmp_path / "capture" / "timeline.jsonl"
    timeline.write_bytes(timeline.read_bytes()[:-20])
    result = compose(tmp_path / "capture", tmp_path / "output", look=Look())
    assert 2.0 < result.duration_s < 4.0
    (picture,) = pictures_at(tmp_path / "output" / "video.mp4", result.duration_s - 0.2)
    assert alike(colour_at(picture, Rect(0, 0, WIDTH, HEIGHT)), BLUE)


def test_a_missing_track_is_an_avatar(tmp_path: Path) -> None:
    people = [Person("ann", "Ann", SMALL), Person("ben", "Ben", Camera(width=320, height=180, colour=RED))]
    make_capture(tmp_path / "capture", people, 2.0)
    (tmp_path / "capture" / "tracks" / "0004.rtpdump").unlink()
    compose(tmp_path / "capture", tmp_path / "output", look=Look())
    (picture,) = pictures_at(tmp_path / "output" / "video.mp4", 1.5)
    first, second = arrange(2, staged=False).places
    assert alike(colour_at(picture, first), BLUE)
    assert alike(colour_at(picture, second), TILE)


@pytest.mark.parametrize(("people", "times"), [([], {}), ([Person("ann", "Ann", SMALL)], {"from_s": 1.0, "to_s": 1.0})])
def test_nothing_captured_is_told(tmp_path: Path, people: list[Person], times: dict[str, float]) -> None:
    with pytest.raises(NothingCaptured):
        composed(tmp_path, people, 2.0, **times)


def test_a_folder_that_is_no_capture_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableCapture):
        compose(tmp_path, tmp_path / "output", look=Look())


def test_sound_alone_is_a_video_too(tmp_path: Path) -> None:
    folder, result = composed(tmp_path, [Person("ann", "Ann", None, Mic())], 2.0)
    assert result.duration_s == 2.0
    (picture,) = pictures_at(folder / "video.mp4", 1.0)
    assert alike(colour_at(picture, Rect(0, 0, WIDTH, HEIGHT), 0.46, 0.5), avatar_colour("ann"))
