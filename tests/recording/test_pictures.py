from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recording.composition.draw.layout import Rect
from recording.composition.draw.pictures import FPS, PictureFeed, Scaler, Window, pictures, tick_of
from recording.composition.write.encode import HIGH, LOW, Encoders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from recording.composition.write.encode import Rung

PLACE = Rect(0, 0, 16, 16)
OTHER = Rect(16, 0, 32, 16)


@dataclass(frozen=True)
class Timed:
    time_s: float
    frame: av.VideoFrame


def frame(shade: int, width: int = 16, height: int = 16) -> av.VideoFrame:
    pixels = np.full((height * 3 // 2, width), 128, np.uint8)
    pixels[:height] = shade
    return av.VideoFrame.from_ndarray(pixels, format="yuv420p")


def window(from_tick: int, to_tick: int, place: Rect = PLACE, since_s: float = 0) -> Window:
    return Window(from_tick, to_tick, place, cover=True, since_s=since_s)


def shown(times_s: Sequence[float], windows: Sequence[Window], from_s: float = 0) -> list[tuple[int, int | None]]:
    """Ticks and shades; the shade of a frame is its number."""
    frames = [Timed(time_s, frame(number)) for number, time_s in enumerate(times_s)]
    return [
        (one.tick, int(one.picture.y[0, 0]) if one.picture is not None else None)
        for one in pictures(frames, windows, from_s)
    ]


def test_a_frame_shows_from_the_tick_on_that_is_nearest() -> None:
    assert shown([0.0, 0.04, 0.09], [window(0, 30)]) == [(0, 0), (1, 1), (3, 2)]


def test_of_two_at_the_same_tick_the_last_counts() -> None:
    assert shown([0.0, 0.033, 0.035, 0.036, 0.1], [window(0, 30)]) == [(0, 0), (1, 3), (3, 4)]


def test_a_window_begins_with_what_was_there_before() -> None:
    assert shown([0.0, 0.5], [window(3, 6), window(9, 12), window(15, 30)]) == [(3, 0), (9, 0), (15, 1)]


def test_nothing_shows_before_the_first_frame() -> None:
    assert shown([0.5], [window(0, 30)]) == [(0, None), (15, 0)]


def test_frames_from_before_a_pause_are_not_shown_after_it() -> None:
    assert shown([0.0, 2.1], [window(0, 30), window(60, 90, since_s=2.0)]) == [(0, 0), (60, None), (63, 1)]


def test_times_count_from_the_videos_beginning() -> None:
    assert shown([10.0, 10.5], [window(0, 30)], from_s=10.0) == [(0, 0), (15, 1)]


def test_pictures_have_the_size_of_their_window() -> None:
    frames = [Timed(0.0, frame(7))]
    made = list(pictures(frames, [window(0, 3), window(3, 6, OTHER)], 0))
    assert [(one.at.left, one.picture is not None and one.picture.y.shape) for one in made] == [
        (0, (16, 16)),
        (16, (32, 32)),  # covers, and is cut above and below
    ]


@settings(deadline=None)
@given(st.lists(st.floats(0, 3), max_size=20).map(sorted), st.lists(st.integers(0, 90), max_size=8).map(sorted))
def test_each_tick_has_the_last_frame_before_it(times_s: list[float], cuts: list[int]) -> None:
    windows = [window(begin, end) for begin, end in zip(cuts[::2], cuts[1::2], strict=False) if begin < end]
    made = shown(times_s, windows)
    for one in windows:
        for tick in range(one.from_tick, one.to_tick):
            known = [number for number, time_s in enumerate(times_s) if tick_of(time_s, 0) <= tick]
            current = [shade for at, shade in made if at <= tick]
            assert current[-1] == (known[-1] if known else None)


def test_colours_of_full_range_become_those_of_the_canvas() -> None:
    white = frame(255)
    white.color_range = 2  # full
    assert int(Scaler().scaled(white, 16, 16).y[0, 0]) == 235
    assert int(Scaler().scaled(frame(235), 16, 16).y[0, 0]) == 235


class Broken:
    def frames(self, from_s: float, to_s: float, _smooth: Callable[[float], bool]) -> Iterator[Timed]:
        yield Timed(from_s, frame(1))
        raise OSError(f"The disk is gone before {to_s}.")


def test_what_a_track_raises_is_raised_where_its_pictures_are_taken() -> None:
    with pytest.raises(OSError, match="disk is gone"):
        PictureFeed(Broken(), [window(0, 90)], 0).at(1)


class Endless:
    def frames(self, from_s: float, to_s: float, _smooth: Callable[[float], bool]) -> Iterator[Timed]:
        for number in range(round((to_s - from_s) * FPS)):
            yield Timed(from_s + number / FPS, frame(number % 200))


def test_a_feed_can_be_closed_before_its_end() -> None:
    feed = PictureFeed(Endless(), [window(0, 3000)], 0)
    first = feed.at(3)
    assert first is not None
    assert first.tick == 3
    feed.close()
    feed.close()
    assert feed.at(4) is None


def encode_into(*files: tuple[Path, Rung]) -> None:
    with Encoders(files) as encoders:
        for tick in range(100):
            encoders.add(frame(tick, 1280, 720), tick)


def test_an_encoder_that_fails_is_heard_of(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        encode_into((tmp_path / "missing" / "one.mp4", HIGH), (tmp_path / "two.mp4", LOW))
    with pytest.raises(FileNotFoundError):
        encode_into((tmp_path / "one.mp4", HIGH), (tmp_path / "missing" / "two.mp4", LOW))


class Asked:
    """Keeps for which times a feed wants all frames."""

    def __init__(self) -> None:
        self.smooth: list[bool] = []

    def frames(self, from_s: float, to_s: float, smooth: Callable[[float], bool]) -> Iterator[Timed]:
        times_s = [from_s + number / 10 for number in range(round((to_s - from_s) * 10))]
        self.smooth = [smooth(time_s) for time_s in times_s]
        return iter([])


def test_all_frames_are_wanted_in_smooth_windows_and_just_before_them() -> None:
    asked = Asked()
    windows = [window(0, 30)._replace(smooth=False), window(30, 60), window(60, 90)._replace(smooth=False)]
    PictureFeed(asked, windows, 5.0).close()
    assert asked.smooth == [False] * 9 + [True] * 11 + [False] * 10
