"""People whose cameras and microphones tell the time (`clock.js`), and how to read it in a finished video."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from recording.composition.draw.layout import Rect

_FUNCTION: Final = (Path(__file__).parent / "clock.js").read_text(encoding="utf-8").strip().removesuffix(";")
RATE: Final = 48_000
PERIOD_S: Final = 2.0
# Width and height in pixels: small, as several browsers encode and decode them on two cores.
CAMERA: Final = (320, 180)
SCREEN: Final = (640, 360)
_BITS: Final = 16
_UNIT_S: Final = 0.008
# After so long a clock's bars are the same again.
CYCLE_S: Final = _UNIT_S * 2**_BITS
# Sound is looked at in windows of so many samples, one each millisecond.
_WINDOW: Final = 480
_STEP: Final = 48


@dataclass(frozen=True)
class Clock:
    """What somebody looks and sounds like; pitches in Hz, multiples of 100 that nobody else has."""

    colour: tuple[int, int, int]
    screen: tuple[int, int, int]
    pitch: int
    hum: int

    @property
    def script(self) -> str:
        """For a page, before its own."""
        config = {
            "colour": "rgb({}, {}, {})".format(*self.colour),
            "screen": "rgb({}, {}, {})".format(*self.screen),
            "pitch": self.pitch,
            "hum": self.hum,
            "cameraSize": CAMERA,
            "screenSize": SCREEN,
        }
        return f"({_FUNCTION})({json.dumps(config)})"


def time_shown(luma: NDArray[np.uint8], place: Rect) -> float | None:
    """The sender's time in a clock's picture at this place, modulo `CYCLE_S`; None where there is no clock.

    The place is that of the whole picture, of which the sides may be cut off.
    """
    count = _BITS + 3
    cell = place.width * 0.54 / count
    top, bottom = (place.top + round(place.height * share) for share in (0.45, 0.55))
    begin = place.left + place.width * 0.23
    bits = []
    for index in range(count):
        left, right = (round(begin + (index + share) * cell) for share in (0.3, 0.7))
        if not 0 <= left < right <= luma.shape[1]:
            return None
        mean = float(luma[top:bottom, left:right].mean())
        if 80 < mean < 160:
            return None
        bits.append(int(mean >= 160))
    code = int("".join(map(str, bits[2:-1])), 2)
    if bits[:2] != [1, 0] or bits[-1] != code.bit_count() % 2:
        return None
    units = 0
    while code:
        units ^= code
        code >>= 1
    return units * _UNIT_S


def loudness(samples: NDArray[np.float32], pitch: int) -> NDArray[np.float64]:
    """The amplitude of a pitch in each millisecond, the first being the one in the middle of the first window."""
    wave = np.exp(-2j * np.pi * pitch * np.arange(len(samples)) / RATE)
    total = np.concatenate(([0], np.cumsum(samples * wave)))
    sums = total[_WINDOW::_STEP] - total[: len(total) - _WINDOW : _STEP]
    found: NDArray[np.float64] = np.abs(sums) * 2 / _WINDOW
    return found


def beeps(samples: NDArray[np.float32], pitch: int) -> list[float]:
    """When the beeps of a pitch begin."""
    levels = loudness(samples, pitch)
    loud = levels > 0.1  # half of what a beep has
    rises = np.nonzero(loud[1:] & ~loud[:-1])[0] + 1
    times = (rises * _STEP + _WINDOW / 2) / RATE
    return [float(time) for index, time in enumerate(times) if index == 0 or time - times[index - 1] > PERIOD_S / 2]
