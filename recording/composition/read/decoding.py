"""Coded pictures into pictures that stand upright: one decoder a track, in the thread that asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import av
import numpy as np

from recording.composition.read.picture_size import MAX_PIXELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# By MIME type in lower case. FFmpeg's own AV1 decoder needs hardware.
DECODERS: Final = {"video/vp8": "vp8", "video/vp9": "vp9", "video/h264": "h264", "video/av1": "libdav1d"}
LOW_DELAY: Final = 0x80000


class VideoDecoder:
    """Takes coded frames of one track, with a key each; gives pictures with the keys of their frames."""

    def __init__(self, mime_type: str, max_pixels: int = MAX_PIXELS) -> None:
        """Pictures of more than `max_pixels` can't be decoded."""
        # PyAV's stubs know no options of a decoder.
        context: Any = av.CodecContext.create(DECODERS[mime_type.lower()], "r")
        context.options = {"max_pixels": str(max_pixels)}
        context.thread_count = 1
        context.flags |= LOW_DELAY
        self._context = context
        self._broken = False

    def decode(self, data: bytes, key: int, *, is_keyframe: bool) -> Iterator[tuple[int, av.VideoFrame]]:
        """The pictures that are ready. What can't be decoded is left out, and all after it up to a keyframe."""
        if self._broken and not is_keyframe:
            return
        packet = av.Packet(data)
        packet.pts = key
        try:
            pictures = self._context.decode(packet)
        except av.FFmpegError:
            self._broken = True
            self._context.flush_buffers()
            return
        self._broken = False
        yield from self._good(pictures)

    def finish(self) -> Iterator[tuple[int, av.VideoFrame]]:
        """What the decoder still holds; nothing more can be decoded then."""
        try:
            pictures = self._context.decode(None)
        except av.FFmpegError:
            return
        yield from self._good(pictures)

    def _good(self, pictures: list[av.VideoFrame]) -> Iterator[tuple[int, av.VideoFrame]]:
        # Of spatial layers, which share a key, the last is the largest.
        by_key = {picture.pts: picture for picture in pictures if picture.pts is not None and not picture.is_corrupt}
        if any(picture.is_corrupt for picture in pictures):
            self._broken = True
        yield from by_key.items()


def stream_limits(max_pixels: int = MAX_PIXELS) -> Any:
    """For `av.open` of what a stranger sent, in which streams are decoded to see what they are: for its one stream."""
    return [{"max_pixels": str(max_pixels)}]  # PyAV's stubs have another type


def upright(picture: av.VideoFrame, degrees: int) -> av.VideoFrame:
    """The picture turned clockwise by 0, 90, 180 or 270 degrees."""
    if not degrees:
        return picture
    width, height = picture.width & ~1, picture.height & ~1
    planes = cast("NDArray[np.uint8]", picture.reformat(width=width, height=height, format="yuv420p").to_ndarray())
    luma = planes[:height]
    chroma = planes[height:].reshape(2, height // 2, width // 2)
    turns = -degrees // 90
    parts = [np.rot90(luma, turns).ravel(), *(np.rot90(plane, turns).ravel() for plane in chroma)]
    columns = height if degrees % 180 else width
    turned: NDArray[np.uint8] = np.concatenate(parts).reshape(-1, columns)
    return av.VideoFrame.from_ndarray(turned, format="yuv420p")
