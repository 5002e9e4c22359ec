"""From a track's frames to the pictures of its tile: at the right tick of the video's clock, scaled to the tile's size.

A `PictureFeed` decodes and scales in a thread of its own. What it gives depends on its track and its windows alone, not
on how fast anybody is, so that the same capture gives the same video twice.
"""

from __future__ import annotations

import contextlib
import math
import queue
import threading
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from recording.composition.draw.canvas import Planes
from recording.composition.draw.layout import Rect, inside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import av

    from recording.composition.draw.canvas import Bytes

FPS: Final = 30
# A picture may have been taken a little before it is said that the camera is on: clocks are not that exact.
EARLY_S: Final = 0.3
# Windows that are to be smooth are so from a little before on.
BEFORE_TICKS: Final = 3
# So many pictures are made ahead.
AHEAD: Final = 6
# As H.264 and VP9 number it (ITU-T H.273).
_BT709: Final = 1


class TimedFrame(Protocol):
    """A decoded frame, and when it was taken in seconds since the capture began."""

    @property
    def time_s(self) -> float:
        """When it was taken."""

    @property
    def frame(self) -> av.VideoFrame:
        """What was taken."""


class FrameSource(Protocol):
    """A track of video."""

    def frames(self, from_s: float, to_s: float, smooth: Callable[[float], bool]) -> Iterable[TimedFrame]:
        """The frame that shows at `from_s`, and all after it, ascending; some may be left out where not `smooth`."""


class Window(NamedTuple):
    """A track is to be seen at a place from a tick to another; what was taken before `since_s` is something else.

    A picture covers its place (`cover`), or stands in it as a whole. `smooth` is where all that was sent shall be seen.
    """

    from_tick: int
    to_tick: int
    place: Rect
    cover: bool
    since_s: float
    smooth: bool = True


@dataclass(frozen=True, eq=False)
class Shown:
    """A scaled picture and where it goes, from this tick on; None if there is none yet."""

    tick: int
    picture: Planes | None
    at: Rect


def tick_of(time_s: float, from_s: float) -> int:
    """The tick of a video that begins at `from_s` at which something is nearest."""
    return math.floor((time_s - from_s) * FPS + 0.5)


def pictures(frames: Iterable[TimedFrame], windows: Sequence[Window], from_s: float) -> Iterator[Shown]:
    """What a track shows in its windows, which are in order and apart. `from_s` is when the video begins."""
    scaler = Scaler()
    ahead = _by_tick(frames, from_s)
    current: tuple[int, TimedFrame] | None = None
    following = next(ahead, None)
    for window in windows:
        while following is not None and following[0] <= window.from_tick:
            current, following = following, next(ahead, None)
        if current is not None and _fresh(current[1], window):
            yield scaler.shown(window.from_tick, current[1].frame, window)
        else:
            yield Shown(window.from_tick, None, window.place)
        while following is not None and following[0] < window.to_tick:
            current, following = following, next(ahead, None)
            if _fresh(current[1], window):
                yield scaler.shown(current[0], current[1].frame, window)


def _by_tick(frames: Iterable[TimedFrame], from_s: float) -> Iterator[tuple[int, TimedFrame]]:
    """Of the frames that fall on the same tick, the last."""
    held: tuple[int, TimedFrame] | None = None
    for frame in frames:
        tick = tick_of(frame.time_s, from_s)
        if held is not None and held[0] < tick:
            yield held
        held = (tick, frame)
    if held is not None:
        yield held


def _fresh(frame: TimedFrame, window: Window) -> bool:
    return frame.time_s >= window.since_s - EARLY_S


class Scaler:
    """Scales frames of any size and pixel format to pictures for a canvas."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def shown(self, tick: int, frame: av.VideoFrame, window: Window) -> Shown:
        """A frame at the size and place that it has in a window."""
        at = inside(window.place, frame.width, frame.height, cover=window.cover)
        return Shown(tick, self.scaled(frame, at.width, at.height), at)

    def scaled(self, frame: av.VideoFrame, width: int, height: int) -> Planes:
        """A frame's planes at this size. What doesn't tell its colours has those of cameras in browsers (BT.601)."""
        space = Colorspace.ITU709 if frame.colorspace == _BT709 else Colorspace.ITU601
        full = frame.color_range == ColorRange.JPEG
        # Averages of what a pixel covers: the best of the cheap ways to make a picture smaller, but not larger
        smaller = width < frame.width and height < frame.height
        scaled = self._reformatter.reformat(
            frame,
            width,
            height,
            "yuv420p",
            src_colorspace=space,
            dst_colorspace=Colorspace.ITU601,
            interpolation=Interpolation.AREA if smaller else Interpolation.BILINEAR,
            src_color_range=ColorRange.JPEG if full else ColorRange.MPEG,
            dst_color_range=ColorRange.MPEG,
            threads=1,
        )
        return Planes(*(_pixels(scaled, index) for index in range(3)))


def _pixels(frame: av.VideoFrame, index: int) -> Bytes:
    plane = frame.planes[index]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]


class PictureFeed:
    """A track's pictures, made ahead in a thread. Closes itself when all have been taken."""

    def __init__(self, source: FrameSource, windows: Sequence[Window], from_s: float) -> None:
        self._source = source
        self._windows = windows
        self._from_s = from_s
        self._made: queue.Queue[Shown | BaseException | None] = queue.Queue(AHEAD)
        self._closing = threading.Event()
        self._current: Shown | None = None
        self._following: Shown | None = None
        self._thread = threading.Thread(target=self._make, name="pictures", daemon=True)
        self._thread.start()
        self._advance()

    def at(self, tick: int) -> Shown | None:
        """What shows at a tick, None if there is nothing yet. Ticks never go back. Raises what the source raised."""
        while self._following is not None and self._following.tick <= tick:
            self._current = self._following
            self._advance()
        return self._current

    def close(self) -> None:
        """Make no more. Idempotent."""
        self._closing.set()
        while self._thread.is_alive():
            with contextlib.suppress(queue.Empty):
                self._made.get(timeout=0.05)
        self._current = self._following = None

    def _advance(self) -> None:
        made = self._made.get()
        if isinstance(made, BaseException):
            raise made
        self._following = made

    def _make(self) -> None:
        start_s = self._from_s + self._windows[0].from_tick / FPS
        end_s = self._from_s + self._windows[-1].to_tick / FPS
        last: BaseException | None = None
        try:
            frames = self._source.frames(start_s, end_s, self._is_smooth)
            for shown in pictures(frames, self._windows, self._from_s):
                self._made.put(shown)
                if self._closing.is_set():
                    return
        except Exception as error:  # noqa: BLE001 - told to whoever takes the pictures
            last = error
        self._made.put(last)

    def _is_smooth(self, time_s: float) -> bool:
        """Whether all frames count at a time: in a smooth window, and just before one."""
        tick = tick_of(time_s, self._from_s)
        begin = bisect_right(self._windows, tick + BEFORE_TICKS, key=lambda window: window.from_tick) - 1
        return any(window.smooth and window.to_tick > tick for window in self._windows[max(0, begin - 1) : begin + 1])
