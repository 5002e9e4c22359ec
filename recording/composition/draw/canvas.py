"""The picture under construction: one buffer of YUV 4:2:0 (BT.601, limited range), as cameras send and encoders take.

What is drawn in RGB becomes a `Stamp`: the pixels that are not transparent, ready to be laid over a canvas many times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recording.composition.draw.layout import HEIGHT, WIDTH

if TYPE_CHECKING:
    from PIL import Image

    from recording.composition.draw.layout import Rect
    from recording.composition.draw.look import Colour

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint16]
Floats = NDArray[np.float32]

# Rows: red, green, blue to Y, U, V (BT.601), before the offsets.
_MATRIX: Final = (
    np.array(
        [[65.481, 128.553, 24.966], [-37.797, -74.203, 112.0], [112.0, -93.786, -18.214]],
        dtype=np.float32,
    )
    / 255
)
_OFFSETS: Final = np.array([16, 128, 128], dtype=np.float32)
_OPAQUE: Final = 256
_PIXELS: Final = WIDTH * HEIGHT


class Planes(NamedTuple):
    """Brightness, and the two colour differences at half the resolution each way."""

    y: Bytes
    u: Bytes
    v: Bytes


class Stamp(NamedTuple):
    """Pixels for a place of a canvas.

    `indices` are where they go in its buffer; of what is there `kept` 256ths stay, and `added` 256ths come to them.
    """

    indices: NDArray[np.int64]
    kept: Words
    added: Words


class Canvas:
    """A whole picture. `buffer` is one row of bytes: all of Y, then U, then V; `planes` are views of it."""

    def __init__(self) -> None:
        self.buffer: Bytes = np.empty(_PIXELS * 3 // 2, np.uint8)
        half = (HEIGHT // 2, WIDTH // 2)
        self.planes = Planes(
            self.buffer[:_PIXELS].reshape(HEIGHT, WIDTH),
            self.buffer[_PIXELS : _PIXELS * 5 // 4].reshape(half),
            self.buffer[_PIXELS * 5 // 4 :].reshape(half),
        )

    def fill(self, place: Rect, colour: Colour) -> None:
        """Paint a place with one colour."""
        values = _to_yuv(np.array(colour, np.float32))
        for plane, value, part in zip(self.planes, values, _parts(place), strict=True):
            plane[part] = round(float(value))

    def put(self, picture: Planes, at: Rect, within: Rect) -> None:
        """Lay a picture at `at`, as far as it lies within a place (which lies on the canvas)."""
        left, top = max(at.left, within.left), max(at.top, within.top)
        right = min(at.left + at.width, within.left + within.width)
        bottom = min(at.top + at.height, within.top + within.height)
        for plane, pixels, step in zip(self.planes, picture, (1, 2, 2), strict=True):
            rows = slice((top - at.top) // step, (bottom - at.top) // step)
            columns = slice((left - at.left) // step, (right - at.left) // step)
            plane[top // step : bottom // step, left // step : right // step] = pixels[rows, columns]

    def blend(self, stamp: Stamp) -> None:
        """Lay a stamp over what is there."""
        mixed = np.multiply(self.buffer[stamp.indices], stamp.kept, dtype=np.uint16)
        mixed += stamp.added
        mixed >>= 8
        self.buffer[stamp.indices] = mixed.astype(np.uint8)


def stamp(drawing: Image.Image, left: int, top: int) -> Stamp:
    """A stamp of an RGBA drawing of even size, for an even place."""
    pixels = np.asarray(drawing, np.float32)
    cover = pixels[..., 3:] / 255
    # Colours weighed by how opaque they are, so that the average of four pixels is right at edges
    weighed = np.concatenate([_to_yuv(pixels[..., :3]) * cover, cover], axis=2)
    small = _halved(weighed)
    pieces = [
        _piece(weighed[..., 0], weighed[..., 3], left, top, WIDTH, 0),
        _piece(small[..., 1], small[..., 3], left // 2, top // 2, WIDTH // 2, _PIXELS),
        _piece(small[..., 2], small[..., 3], left // 2, top // 2, WIDTH // 2, _PIXELS * 5 // 4),
    ]
    return Stamp(*(np.concatenate(part) for part in zip(*pieces, strict=True)))


def planes(drawing: Image.Image) -> Planes:
    """The planes of an RGB drawing of even size."""
    whole = _to_yuv(np.asarray(drawing, np.float32))
    small = _halved(whole)
    return Planes(*(np.rint(plane).astype(np.uint8) for plane in (whole[..., 0], small[..., 1], small[..., 2])))


def _halved(pixels: Floats) -> Floats:
    """The averages of four pixels each."""
    rows, columns, values = pixels.shape
    return np.asarray(pixels.reshape(rows // 2, 2, columns // 2, 2, values).mean(axis=(1, 3)), np.float32)


def _to_yuv(rgb: NDArray[Any]) -> Floats:
    """RGB (0 to 255, last axis) in YUV, BT.601 with limited range."""
    return np.asarray(rgb.astype(np.float32) @ _MATRIX.T + _OFFSETS, np.float32)


def _parts(place: Rect) -> tuple[tuple[slice, slice], ...]:
    left, top, width, height = place
    half = (slice(top // 2, (top + height) // 2), slice(left // 2, (left + width) // 2))
    return (slice(top, top + height), slice(left, left + width)), half, half


def _piece(weighed: Floats, cover: Floats, left: int, top: int, stride: int, offset: int) -> Stamp:
    rows, columns = np.nonzero(cover > 1 / 512)
    share = cover[rows, columns]
    kept = np.rint((1 - share) * _OPAQUE).astype(np.uint16)
    # Half a unit more, so that cutting off rounds; at most 255 * 256 + 128 comes together
    added = np.minimum(np.rint(weighed[rows, columns] * _OPAQUE) + _OPAQUE // 2, 65535).astype(np.uint16)
    return Stamp((top + rows) * stride + left + columns + offset, kept, added)
