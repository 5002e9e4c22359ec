"""Single pictures of a video: the poster, and a sheet of small ones for who looks for a place in it."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import av
from PIL import Image

from recording.composition.read.decoding import stream_limits
from recording.composition.write.chapters import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from recording.composition.draw.render import Shot
    from recording.composition.write.packaging import Pictures

MAX_THUMBNAILS: Final = 200
THUMBNAIL: Final = (160, 90)
COLUMNS: Final = 10
# At whole groups of pictures, so that one picture a thumbnail is decoded.
STEP_S: Final = 2
QUALITY: Final = 82


def poster_tick(shots: Sequence[Shot]) -> int:
    """A moment that tells most of a video: the middle of the longest shot with as many pictures as any."""

    def told(shot: Shot) -> tuple[int, int]:
        pictures = sum(placed.tile.track is not None for placed in shot.placed)
        return pictures, shot.to_tick - shot.from_tick

    best = max(shots, key=told)
    return (best.from_tick + best.to_tick) // 2


def write_poster(pictures: Pictures, time_s: float, path: Path) -> None:
    """The picture at a time, as a JPEG file of the video's size."""
    size = (pictures.rung.width, pictures.rung.height)
    for _, image in _images(pictures, [time_s], size, exact=True):
        image.save(path, quality=QUALITY + 6)


def write_sheet(pictures: Pictures, duration_s: float, picture_path: Path, vtt_path: Path) -> None:
    """Thumbnails at even distances in one JPEG file, and a WebVTT file that tells which stands where."""
    step_s = STEP_S * max(1, math.ceil(duration_s / STEP_S / MAX_THUMBNAILS))
    count = max(1, math.ceil(duration_s / step_s))
    width, height = THUMBNAIL
    sheet = Image.new("RGB", (min(count, COLUMNS) * width, math.ceil(count / COLUMNS) * height))
    cues = ["WEBVTT\n"]
    for index, image in _images(pictures, [index * step_s for index in range(count)], THUMBNAIL, exact=False):
        left, top = index % COLUMNS * width, index // COLUMNS * height
        sheet.paste(image, (left, top))
        span = f"{timestamp(index * step_s)} --> {timestamp(min(duration_s, (index + 1) * step_s))}"
        cues.append(f"{span}\n{picture_path.name}#xywh={left},{top},{width},{height}\n")
    sheet.save(picture_path, quality=QUALITY)
    vtt_path.write_text("\n".join(cues), encoding="utf-8")


def _images(
    pictures: Pictures, times_s: Sequence[float], size: tuple[int, int], *, exact: bool
) -> Iterator[tuple[int, Image.Image]]:
    """The pictures at these rising times, or the keyframes before them, with their index."""
    wanted = list(enumerate(times_s))
    ends = [begins_s for _, begins_s in pictures.files[1:]]
    for (path, begins_s), ends_s in zip(pictures.files, [*ends, None], strict=True):
        here = [(index, time_s) for index, time_s in wanted if ends_s is None or time_s < ends_s]
        wanted = wanted[len(here) :]
        if not here:
            continue
        # It may be what a camera sent (`passthrough`)
        with av.open(str(path), stream_options=stream_limits()) as container:
            for index, time_s in here:
                frame = _frame(container, Fraction(time_s) - begins_s, exact=exact)
                if frame is not None:
                    yield index, Image.fromarray(frame.to_ndarray(width=size[0], height=size[1], format="rgb24"))


def _frame(container: av.container.InputContainer, time_s: Fraction, *, exact: bool) -> av.VideoFrame | None:
    stream = container.streams.video[0]
    base = stream.time_base or Fraction(1)
    container.seek(math.floor(time_s / base), stream=stream)
    last: av.VideoFrame | None = None
    for frame in container.decode(stream):
        if last is not None and (not exact or (frame.pts or 0) * base > time_s):
            break
        last = frame
        if not exact:
            break
    return last
