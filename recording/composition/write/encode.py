"""Encodes canvases as H.264 in all sizes of the ladder at once, each in a thread of its own.

Parameters and the number of threads are fixed, so that the same pictures give the same bytes.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final, Self

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from recording.composition.draw.pictures import FPS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from av.container import OutputContainer

    from recording.composition.draw.canvas import Planes

KEYFRAME_S: Final = 2
# ITU-T H.273: the colours of SMPTE 170M (BT.601), limited range.
BT601: Final = 6
LIMITED_RANGE: Final = 1
# So many pictures wait for an encoder.
WAITING: Final = 4
# So many pictures are encoded at once (x264's frame threads): one core alone would hold up all the others.
AT_ONCE: Final = 3


@dataclass(frozen=True)
class Rung:
    """One size of the ladder; `max_kbps` limits what a part may need in a second."""

    width: int
    height: int
    max_kbps: int

    @property
    def name(self) -> str:
        """Such as `720p`."""
        return f"{self.height}p"


HIGH: Final = Rung(1280, 720, 4000)
LOW: Final = Rung(640, 360, 1000)
LADDER: Final = (HIGH, LOW)


def new_frame(planes: Planes) -> av.VideoFrame:
    """A frame with a copy of these pixels."""
    height, width = planes.y.shape
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane, pixels in zip(frame.planes, planes, strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
        rows[:, : plane.width] = pixels
    return frame


class VideoFile:
    """An MP4 file of one size of the ladder, with a closed group of pictures every `KEYFRAME_S` seconds."""

    def __init__(self, path: Path, rung: Rung) -> None:
        self._rung = rung
        self._container: OutputContainer = av.open(str(path), "w", format="mp4")
        stream = self._container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = rung.width, rung.height, "yuv420p"
        context = stream.codec_context
        context.time_base = Fraction(1, FPS)
        context.thread_count = 1
        context.color_range, context.colorspace = LIMITED_RANGE, BT601
        context.color_primaries = context.color_trc = BT601
        interval = FPS * KEYFRAME_S
        context.options = {
            "preset": "superfast",
            "profile": "high",
            "crf": "26",
            "maxrate": f"{rung.max_kbps}k",
            "bufsize": f"{2 * rung.max_kbps}k",
            "x264-params": f"keyint={interval}:min-keyint={interval}:scenecut=0:open-gop=0:bframes=0:rc-lookahead=0"
            f":weightp=0:subme=0:threads={AT_ONCE}",
        }
        self._stream = stream
        self._reformatter = VideoReformatter()
        self._source: av.VideoFrame | None = None
        self._scaled: av.VideoFrame | None = None

    def add(self, frame: av.VideoFrame, tick: int) -> None:
        """Encode a picture of the canvas' size, which may be the same as before; ticks count from the file's begin."""
        if frame is not self._source or self._scaled is None:
            self._source = frame
            self._scaled = self._at_size(frame)
        self._scaled.pts = tick
        self._scaled.time_base = Fraction(1, FPS)
        self._container.mux(self._stream.encode(self._scaled))

    def close(self) -> None:
        """Write what the encoder still has, and the file's end."""
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def _at_size(self, frame: av.VideoFrame) -> av.VideoFrame:
        rung = self._rung
        if (frame.width, frame.height) == (rung.width, rung.height):
            return frame
        return self._reformatter.reformat(
            frame, rung.width, rung.height, "yuv420p", interpolation=Interpolation.AREA, threads=1
        )


class Encoders:
    """Encodes the same pictures into several files. To be left as a context; what fails is raised there or earlier."""

    def __init__(self, files: Sequence[tuple[Path, Rung]]) -> None:
        self._failed: list[BaseException] = []
        self._queues: list[queue.Queue[tuple[av.VideoFrame, int] | None]] = [queue.Queue(WAITING) for _ in files]
        following = [*self._queues[1:], None]
        # One hands a picture on to the next when it is done with it: what one sets on a frame no other one sees
        self._threads = [
            threading.Thread(target=self._encode, args=(*file, own, after), name=f"encode {file[1].name}", daemon=True)
            for file, own, after in zip(files, self._queues, following, strict=True)
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._queues[0].put(None)
        for thread in self._threads:
            thread.join()
        self._raise_failure()

    def add(self, frame: av.VideoFrame, tick: int) -> None:
        """Encode a picture; waits while others wait."""
        self._raise_failure()
        self._queues[0].put((frame, tick))

    def _raise_failure(self) -> None:
        if self._failed:
            raise self._failed[0]

    def _encode(
        self,
        path: Path,
        rung: Rung,
        own: queue.Queue[tuple[av.VideoFrame, int] | None],
        following: queue.Queue[tuple[av.VideoFrame, int] | None] | None,
    ) -> None:
        file: VideoFile | None = None
        while True:
            item = own.get()
            try:
                if not self._failed:
                    file = file or VideoFile(path, rung)
                    file.add(*item) if item is not None else file.close()
            except Exception as error:  # noqa: BLE001 - raised where pictures are added
                self._failed.append(error)
            if following is not None:
                following.put(item)
            if item is None:
                return
