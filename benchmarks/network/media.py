"""What the fake camera sees and the fake microphone hears, made on the fly: motion and speech that cost real bit rates.

Chromium's own test picture is nearly still, and its beeps are mostly silence: both take a fraction of what people take.
"""

from __future__ import annotations

import wave
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

WIDTH: Final = 1280
HEIGHT: Final = 720
# What two cores encode and decode beside all else.
FRAMES_PER_S: Final = 15
LOOP_S: Final = 4
SAMPLE_RATE: Final = 48_000
SPEECH_S: Final = 12
# The first three formants, in Hz, of the vowels of "father", "see", "boot", "bed", "law".
VOWELS: Final = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410))


@dataclass(frozen=True)
class Media:
    """Files for Chromium's fake devices."""

    camera: Path
    microphone: Path

    @property
    def arguments(self) -> list[str]:
        """What Chromium is started with to use them."""
        return [
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={self.camera}",
            f"--use-file-for-fake-audio-capture={self.microphone}",
        ]


def make_media(folder: Path, frames_per_s: int) -> Media:
    """Write both files into a folder; they begin anew without a jump."""
    media = Media(folder / "camera.y4m", folder / "speech.wav")
    write_camera(media.camera, frames_per_s)
    write_speech(media.microphone)
    return media


def write_camera(path: Path, frames_per_s: int) -> None:
    """A textured room, seen by a hand-held camera with some noise, and a head that moves in it, as YUV4MPEG2."""
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{frames_per_s}:1 Ip A1:1 C420\n".encode())
        for luma, blue, red in frames(WIDTH, HEIGHT, frames_per_s):
            file.write(b"FRAME\n" + luma.tobytes() + blue.tobytes() + red.tobytes())


def frames(
    width: int, height: int, frames_per_s: int
) -> list[tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]]:
    """One loop's pictures as planes of luma and of halved chroma."""
    random = np.random.default_rng(1)
    margin = height // 18
    room = _texture(random, width + 2 * margin, height + 2 * margin)
    face = _texture(random, width, height) * 0.5 + 60
    noise = [random.normal(0, 2.0, (height, width)) for _ in range(5)]
    rows, columns = np.mgrid[0:height, 0:width]
    made = []
    for number in range(LOOP_S * frames_per_s):
        turn = 2 * np.pi * number / (LOOP_S * frames_per_s)
        x, y = (int(margin * (1 + 0.9 * np.sin(turn * k + p))) for k, p in ((1, 0.0), (2, 1.0)))
        luma = room[y : y + height, x : x + width] + noise[number % len(noise)]
        middle = (width * (0.5 + 0.12 * np.sin(turn)), height * (0.55 + 0.06 * np.sin(3 * turn)))
        head = ((columns - middle[0]) / (0.16 * width)) ** 2 + ((rows - middle[1]) / (0.36 * height)) ** 2 < 1
        shift = int(0.12 * width * np.sin(turn)), int(0.06 * height * np.sin(3 * turn))
        luma = np.where(head, np.roll(face, shift, (1, 0)), luma)
        mouth = ((columns - middle[0]) / (0.05 * width)) ** 2 + ((rows - middle[1] - 0.18 * height) / 20) ** 2
        luma = np.where(mouth < 1 + np.sin(turn * 13), 40, luma)
        chroma = head[::2, ::2]
        made.append(
            (
                np.clip(luma, 16, 235).astype(np.uint8),
                np.where(chroma, 110, 135).astype(np.uint8),
                np.where(chroma, 150, 122).astype(np.uint8),
            )
        )
    return made


def write_speech(path: Path) -> None:
    """Syllables of a voice with its formants, and a pause between sentences: what noise suppression keeps."""
    random = np.random.default_rng(2)
    samples = np.zeros(SPEECH_S * SAMPLE_RATE)
    at = 0.1
    while at < SPEECH_S - 0.5:
        for _ in range(int(random.integers(7, 13))):
            length_s = float(random.uniform(0.12, 0.26))
            if at + length_s > SPEECH_S - 0.3:
                break
            first = int(at * SAMPLE_RATE)
            sound = _syllable(random, int(length_s * SAMPLE_RATE))
            samples[first : first + len(sound)] += sound
            at += length_s + float(random.uniform(0.0, 0.05))
        at += float(random.uniform(0.3, 0.5))
    whole = (samples / np.abs(samples).max() * 0.5 * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(whole.tobytes())


def _syllable(random: np.random.Generator, length: int) -> NDArray[np.float64]:
    times = np.arange(length) / SAMPLE_RATE
    pitch = 125 * (1 + 0.15 * np.sin(2 * np.pi * 2 * times + random.uniform(0, 6))) * random.uniform(0.9, 1.15)
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    formants = VOWELS[int(random.integers(len(VOWELS)))]
    voice = np.zeros(length)
    for harmonic in range(1, 30):
        frequency = 125 * harmonic
        gain = sum(
            np.exp(-(((frequency - formant) / 130) ** 2)) / (1 + index) for index, formant in enumerate(formants)
        )
        voice += (gain + 0.02) * np.sin(harmonic * phase)
    hiss = np.diff(random.normal(0, 0.25, length + 1))
    consonant = np.exp(-times / 0.03)
    envelope = np.sin(np.pi * np.arange(length) / length) ** 0.5
    return np.asarray(envelope * (voice + hiss * consonant))


def _texture(random: np.random.Generator, width: int, height: int) -> NDArray[np.float64]:
    """Noise of several sizes, as walls, shelves and faces have it."""
    whole = np.full((height, width), 118.0)
    for size, strength in ((96, 30), (24, 16), (6, 7)):
        coarse = random.normal(0, strength, (height // size + 2, width // size + 2))
        whole += np.kron(coarse, np.ones((size, size)))[:height, :width]
    return whole
