"""Test signals that tell their own time, encoded by the codecs that browsers use: clock pictures, flashes and beeps.

A picture has its person's colour, a square in the middle that is white in the first tenth of each second, and below it
the picture's number as 16 bright or dark cells, to be read after scaling and cropping.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import av
import numpy as np
from av.video.frame import PictureType

from tests.recording import packetizers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

RATE: Final = 48_000
FRAME: Final = 960
BEEP_S: Final = 0.1
BITS: Final = 16
# The places of the square and of the cells, as shares of height and width.
SQUARE: Final = (0.36, 0.50, 0.42, 0.58)
CELLS: Final = (0.54, 0.64, 0.26, 0.74)

_OPTIONS: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "video/VP8": (
        "libvpx",
        {"deadline": "realtime", "cpu-used": "-12", "lag-in-frames": "0"},
    ),
    "video/VP9": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}),
    "video/H264": ("libx264", {"preset": "ultrafast", "tune": "zerolatency", "profile": "high"}),
    "video/AV1": ("libsvtav1", {"preset": "12", "svtav1-params": "pred-struct=1:rc=2:lookahead=0"}),
}
# Three temporal layers as browsers send them: which layer each frame of four is in.
TEMPORAL_PATTERN: Final = (0, 2, 1, 2)
_TEMPORAL: Final = (
    "ts_number_layers=3:ts_target_bitrate=200,300,500:ts_rate_decimator=4,2,1:ts_periodicity=4:"
    "ts_layer_id=0,2,1,2:ts_layering_mode=3"
)


@dataclass(frozen=True)
class Encoded:
    """One frame out of an encoder; `number` counts pictures."""

    number: int
    data: bytes
    is_keyframe: bool


def picture(
    number: int, width: int, height: int, colour: tuple[int, int, int], *, flash: bool = False
) -> NDArray[np.uint8]:
    """The clock picture of this number, RGB."""
    image = np.empty((height, width, 3), np.uint8)
    image[:] = colour
    top, bottom, left, right = SQUARE
    image[int(top * height) : int(bottom * height), int(left * width) : int(right * width)] = 255 if flash else 0
    top, bottom, left, right = CELLS
    for bit in range(BITS):
        start = left + (right - left) * bit / BITS
        end = left + (right - left) * (bit + 1) / BITS
        shade = 235 if number >> (BITS - 1 - bit) & 1 else 20
        image[int(top * height) : int(bottom * height), int(start * width) : int(end * width)] = shade
    return image


def read_number(luma: NDArray[np.uint8]) -> int:
    """The number that a clock picture shows, from its brightness (height, width)."""
    height, width = luma.shape
    top, bottom, left, right = CELLS
    row = luma[int((top + 0.03) * height) : int((bottom - 0.03) * height)]
    number = 0
    for bit in range(BITS):
        middle = left + (right - left) * (bit + 0.5) / BITS
        cell = row[
            :, int((middle - 0.006) * width) : max(int((middle + 0.006) * width), int((middle - 0.006) * width) + 1)
        ]
        number = number << 1 | int(cell.mean() > 128)
    return number


def is_flash(luma: NDArray[np.uint8]) -> bool:
    """Whether a clock picture's square is white."""
    height, width = luma.shape
    return bool(luma[int(0.40 * height) : int(0.46 * height), int(0.46 * width) : int(0.54 * width)].mean() > 128)


def encode_video(
    mime_type: str,
    pictures: Iterable[NDArray[np.uint8]],
    *,
    fps: int = 30,
    keyframes: int | None = None,
    key_at: frozenset[int] = frozenset(),
    temporal_layers: bool = False,
    bit_rate: int = 1_000_000,
) -> list[Encoded]:
    """Frames as a browser's encoder makes them: without reordering; `keyframes` is the distance between keyframes."""
    name, options = _OPTIONS[mime_type]
    if temporal_layers:
        options = {**options, "ts-parameters": _TEMPORAL, "error-resilient": "default"}
    encoder: Any = av.CodecContext.create(name, "w")
    encoder.pix_fmt = "yuv420p"
    encoder.framerate = Fraction(fps)
    encoder.time_base = Fraction(1, fps)
    encoder.bit_rate = bit_rate
    encoder.gop_size = keyframes or 10_000
    encoder.max_b_frames = 0
    encoder.thread_count = 1
    encoder.options = options
    made: list[Encoded] = []
    for number, image in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
        if number == 0:
            encoder.width, encoder.height = frame.width, frame.height
        frame.pts = number
        frame.pict_type = PictureType.I if number in key_at else PictureType.NONE
        made += map(_encoded, encoder.encode(frame))
    return [*made, *map(_encoded, encoder.encode(None))]


def _encoded(packet: Any) -> Encoded:
    return Encoded(packet.pts, bytes(packet), packet.is_keyframe)


def payloads(
    mime_type: str, frame: Encoded, *, temporal_layers: bool = False, mtu: int = packetizers.MTU
) -> list[bytes]:
    """The RTP payloads of a frame."""
    number, data = frame.number, frame.data
    match mime_type:
        case "video/VP8" if temporal_layers:
            base, place = divmod(number, len(TEMPORAL_PATTERN))
            layer = TEMPORAL_PATTERN[place]
            return packetizers.vp8(data, picture_id=number, tl0=base, temporal_id=layer, mtu=mtu)
        case "video/VP8":
            return packetizers.vp8(data, picture_id=number, mtu=mtu)
        case "video/VP9":
            return packetizers.vp9([data], keyframe=frame.is_keyframe, picture_id=number, mtu=mtu)
        case "video/H264":
            return packetizers.h264(data, mtu=mtu)
        case _:
            return packetizers.av1(data, keyframe=frame.is_keyframe, mtu=mtu)


@cache
def clock_pictures(
    mime_type: str,
    width: int,
    height: int,
    fps: int,
    count: int,
    colour: tuple[int, int, int],
    keyframes: int | None,
    key_at: frozenset[int] = frozenset(),
    *,
    temporal_layers: bool = False,
) -> Sequence[Encoded]:
    """Encoded clock pictures that flash each second; those in `key_at` are keyframes in any case."""
    images = (
        picture(number, width, height, colour, flash=number % fps < max(1, round(BEEP_S * fps)))
        for number in range(count)
    )
    return encode_video(mime_type, images, fps=fps, keyframes=keyframes, key_at=key_at, temporal_layers=temporal_layers)


def beeps(duration_s: float, frequency: float = 1000.0, volume: float = 0.3) -> NDArray[np.float32]:
    """A beep in the first tenth of each second, mono at 48 kHz."""
    time = np.arange(round(duration_s * RATE)) / RATE
    return np.where(time % 1 < BEEP_S, volume * np.sin(2 * np.pi * frequency * time), 0).astype(np.float32)


def encode_opus(samples: NDArray[np.float32]) -> list[bytes]:
    """Packets of 20 ms; `samples` is mono (n,) or stereo (n, 2)."""
    stereo = samples.ndim == 2
    encoder: Any = av.CodecContext.create("libopus", "w")
    encoder.sample_rate = RATE
    encoder.layout = "stereo" if stereo else "mono"
    encoder.format = "flt"
    encoder.bit_rate = 96_000 if stereo else 40_000
    encoder.options = {"application": "voip", "frame_duration": "20"}
    made = []
    for number in range(len(samples) // FRAME):
        block = np.ascontiguousarray(samples[number * FRAME : (number + 1) * FRAME]).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(block, format="flt", layout="stereo" if stereo else "mono")
        frame.sample_rate = RATE
        frame.pts = number * FRAME
        made += encoder.encode(frame)
    return [bytes(packet) for packet in made]


@cache
def encoded_beeps(duration_s: float, frequency: float) -> tuple[Sequence[bytes], Sequence[int]]:
    """Opus packets of beeps, and the level of each (RFC 6464: -dBov, 127 for silence)."""
    samples = beeps(duration_s, frequency)
    return encode_opus(samples), [level(samples[at : at + FRAME]) for at in range(0, len(samples), FRAME)]


def level(samples: NDArray[np.float32]) -> int:
    """RFC 6464: 0 is as loud as can be, 127 silent."""
    loudness = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
    return min(127, round(-20 * np.log10(loudness))) if loudness > 1e-6 else 127
