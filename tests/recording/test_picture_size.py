"""The size of a picture is read from its header, whatever the codec, and too large ones are never decoded."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003
from typing import TYPE_CHECKING

import av
import pytest

from recording.composition.read.decoding import VideoDecoder
from recording.composition.read.depacketize import DEPACKETIZERS
from recording.composition.read.picture_size import MAX_HEAD, Size, declared_size
from recording.composition.read.tracks import VideoTrack, open_capture
from tests.recording.make_capture import Camera, Person, make_capture
from tests.recording.signals import encode_video, payloads, picture

if TYPE_CHECKING:
    from recording.composition.read.depacketize import CodedFrame

CODECS = ("video/VP8", "video/VP9", "video/H264", "video/AV1")
SMALL = Size(320, 182)  # no multiple of a macroblock
HUGE = 8192


def coded(mime_type: str, size: Size = SMALL, count: int = 2) -> list[CodedFrame]:
    """A keyframe and others, as they come out of packets."""
    depacketizer = DEPACKETIZERS[mime_type.lower()]()
    images = [picture(number, *size, (40, 90, 160)) for number in range(count)]
    joined = [
        depacketizer.join([memoryview(part) for part in payloads(mime_type, frame)])
        for frame in encode_video(mime_type, images)
    ]
    return [frame for frame in joined if frame is not None]


def huge_vp8(frame: bytes) -> bytes:
    """The same keyframe, with another size in its header."""
    return frame[:6] + HUGE.to_bytes(2, "little") * 2 + frame[10:]


@pytest.mark.parametrize("mime_type", CODECS)
def test_a_keyframe_tells_its_size_and_others_tell_none(mime_type: str) -> None:
    key, other = coded(mime_type)
    assert declared_size(mime_type, key.data) == SMALL
    assert declared_size(mime_type, other.data) is None


@pytest.mark.parametrize("mime_type", CODECS)
def test_what_is_too_large_is_not_decoded_even_where_nobody_looked(mime_type: str) -> None:
    (key, *_) = coded(mime_type)

    def decoded(max_pixels: int) -> int:
        decoder = VideoDecoder(mime_type, max_pixels)
        return len([*decoder.decode(key.data, 0, is_keyframe=True), *decoder.finish()])

    # Decoders count what they round up to, so they are asked with some distance.
    assert (decoded(SMALL.pixels // 2), decoded(SMALL.pixels * 2)) == (0, 1)


@pytest.mark.parametrize("mime_type", CODECS)
def test_headers_that_are_cut_off_or_too_long_say_nothing(mime_type: str) -> None:
    (key, *_) = coded(mime_type)
    for length in range(12):
        assert declared_size(mime_type, key.data[:length]) in (None, SMALL)
    assert declared_size(mime_type, b"") is None
    assert declared_size("video/H264", b"\0\0\1\x67" + bytes(10 * MAX_HEAD)) is None


def test_of_several_layers_the_largest_counts() -> None:
    (small, *_), (large, *_) = coded("video/VP9"), coded("video/VP9", Size(640, 360))
    parts = [small.data, large.data]
    index = bytes([0xC0 | 1 << 3 | 1])
    superframe = b"".join([*parts, index, *(len(part).to_bytes(2, "little") for part in parts), index])
    assert declared_size("video/VP9", superframe) == Size(640, 360)
    (one, *_), (two, *_) = coded("video/H264"), coded("video/H264", Size(640, 360))
    assert declared_size("video/H264", two.data + one.data) == Size(640, 360)


def test_a_small_packet_that_claims_a_huge_picture() -> None:
    (key, *_) = coded("video/VP8")
    data = huge_vp8(key.data)
    assert declared_size("video/VP8", data) == Size(HUGE, HUGE)
    assert not [*VideoDecoder("video/VP8").decode(data, 0, is_keyframe=True)]


@pytest.mark.parametrize("mime_type", CODECS)
def test_a_track_leaves_out_too_large_pictures_and_all_that_builds_on_them(tmp_path: Path, mime_type: str) -> None:
    camera = Camera(mime_type, 320, 180, fps=10, keyframes=10)
    folder = make_capture(tmp_path / "one", [Person("ann", camera=camera, mic=None)], 1.0)

    def track(max_pixels: int) -> VideoTrack:
        (found,) = open_capture(folder, max_pixels).tracks.values()
        assert isinstance(found, VideoTrack)
        return found

    enough, less = track(320 * 180), track(320 * 180 - 1)
    assert len([*enough.frames(0, 1)]) == len([*enough.encoded(0, 1)]) == 10
    assert not [*less.frames(0, 1), *less.encoded(0, 1)]


def test_the_picture_before_a_huge_one_stays_and_a_good_keyframe_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = Camera("video/VP8", 320, 180, fps=10, keyframes=5)
    folder = make_capture(tmp_path / "one", [Person("ann", camera=camera, mic=None)], 1.5)
    (track,) = open_capture(folder).tracks.values()
    assert isinstance(track, VideoTrack)
    join = DEPACKETIZERS["video/vp8"]
    seen = 0

    class Attacked:
        def __init__(self) -> None:
            self._inner = join()

        def join(self, parts: list[memoryview]) -> CodedFrame | None:
            nonlocal seen
            frame = self._inner.join(parts)
            seen += 1
            if frame is None or seen != 6:
                return frame
            return type(frame)(huge_vp8(frame.data), frame.is_keyframe)

    monkeypatch.setitem(DEPACKETIZERS, "video/vp8", Attacked)
    times = [round(one.time_s - track.from_s, 1) for one in track.frames(0, 1.5)]
    assert times == [0.0, 0.1, 0.2, 0.3, 0.4, 1.0, 1.1, 1.2, 1.3, 1.4]


def test_sizes_are_those_that_a_decoder_finds() -> None:
    for mime_type in CODECS:
        for size in (Size(176, 144), Size(642, 358)):
            (key, *_) = coded(mime_type, size, count=1)
            decoder = VideoDecoder(mime_type)
            ((_, found),) = [*decoder.decode(key.data, 0, is_keyframe=True), *decoder.finish()]
            assert isinstance(found, av.VideoFrame)
            assert declared_size(mime_type, key.data) == (found.width, found.height) == size
