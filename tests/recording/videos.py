"""Looking at finished videos: pictures at times, brightness over time, sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from recording.composition.draw.layout import Rect


def pictures_at(path: Path, *times_s: float) -> list[NDArray[np.uint8]]:
    """What shows at rising times, as RGB."""
    wanted = list(times_s)
    found: list[NDArray[np.uint8]] = []
    last: av.VideoFrame | None = None
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            while wanted and last is not None and frame.time > wanted[0]:
                found.append(_rgb(last))
                wanted.pop(0)
            last = frame
    while wanted and last is not None:
        found.append(_rgb(last))
        wanted.pop(0)
    return found


def _rgb(frame: av.VideoFrame) -> NDArray[np.uint8]:
    return frame.to_ndarray(format="rgb24").astype(np.uint8)


def colour_at(picture: NDArray[np.uint8], place: Rect, across: float = 0.2, down: float = 0.25) -> tuple[int, ...]:
    """The colour at a point of a place, given in shares of its size."""
    x, y = place.left + round(across * place.width), place.top + round(down * place.height)
    around = picture[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3)
    return tuple(int(value) for value in around.mean(axis=0))


def alike(one: Sequence[int], other: Sequence[int], tolerance: int = 14) -> bool:
    """Whether two colours are the same but for what encoders do."""
    return all(abs(a - b) <= tolerance for a, b in zip(one, other, strict=True))


def brightness(path: Path, place: Rect) -> Iterator[tuple[float, float]]:
    """Time and mean brightness (0 to 255) of a place, picture by picture."""
    for time_s, luma in lumas(path):
        part = luma[place.top : place.top + place.height, place.left : place.left + place.width]
        yield time_s, float(part.mean())


def lumas(path: Path) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Time and brightness of each picture."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            plane = frame.planes[0]
            rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
            yield float(frame.time or 0), rows[:, : plane.width].copy()


def sound_of(path: Path) -> tuple[NDArray[np.float32], float]:
    """All samples of the left channel at 48 kHz, and the time of the first."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    samples = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    return samples.astype(np.float32), float(frames[0].time or 0)


def onsets(times_s: Sequence[float], values: Sequence[float], threshold: float, apart_s: float = 0.5) -> list[float]:
    """When values begin to be above a threshold, having been below it."""
    found: list[float] = []
    above = False
    for time_s, value in zip(times_s, values, strict=True):
        if value > threshold and not above and (not found or time_s - found[-1] > apart_s):
            found.append(time_s)
        above = value > threshold
    return found


def boxes(data: bytes) -> list[str]:
    """The types of an MP4 file's outermost boxes, in order."""
    found: list[str] = []
    position = 0
    while position + 8 <= len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        found.append(data[position + 4 : position + 8].decode())
        if size == 1:
            size = int.from_bytes(data[position + 8 : position + 16], "big")
        position += size
    return found
