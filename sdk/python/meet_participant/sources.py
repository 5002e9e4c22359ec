"""What is sent: a microphone that is written to, and a camera that is shown pictures."""

from __future__ import annotations

import asyncio
import fractions
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, VideoFrame

from meet_participant.frames import SAMPLE_RATE, SAMPLES

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRAME_S: Final = SAMPLES / SAMPLE_RATE
# So much may wait to be sent before `write` waits: enough for a loop that is late, short enough to fall silent soon.
AHEAD_FRAMES: Final = 10
# Later than this (a machine that slept) it is not caught up with.
LATE_S: Final = 0.2
VIDEO_CLOCK: Final = 90_000
# Pictures are sent no more often, and the last one again after a while, as somebody may have come who needs it.
MIN_PICTURE_S: Final = 1 / 30
REPEAT_S: Final = 0.2


class Microphone(MediaStreamTrack):
    """Sends what is written to it, and silence otherwise. Made by `Room.enable_mic`."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._rest: NDArray[np.int16] = np.empty((0, 2), np.int16)
        self._frames: deque[NDArray[np.int16]] = deque()
        self._room = asyncio.Event()
        self._started_at = 0.0
        self._count = 0

    async def write(self, samples: NDArray[np.generic]) -> None:
        """Send 48 kHz, int16 or floats from -1 to 1, shaped (n,), (n, 1) or (n, 2). Waits while 0.2 s are ahead."""
        joined = np.concatenate((self._rest, stereo(samples)))
        whole = len(joined) // SAMPLES
        self._rest = joined[whole * SAMPLES :]
        for piece in range(whole):
            while len(self._frames) >= AHEAD_FRAMES:
                self._room.clear()
                await self._room.wait()
            self._frames.append(joined[piece * SAMPLES : (piece + 1) * SAMPLES])

    async def flush(self) -> None:
        """Wait until all that was written has been sent."""
        if len(self._rest):
            await self.write(np.zeros((SAMPLES - len(self._rest), 2), np.int16))
        while self._frames:
            self._room.clear()
            await self._room.wait()

    def clear(self) -> None:
        """Fall silent: what waits is not sent."""
        self._frames.clear()
        self._rest = self._rest[:0]
        self._room.set()

    async def recv(self) -> AudioFrame:
        """The next 20 ms, when it is their time: aiortc asks for it."""
        if self.readyState != "live":
            raise MediaStreamError
        await self._wait_for_its_time()
        samples = self._frames.popleft() if self._frames else np.zeros((SAMPLES, 2), np.int16)
        self._room.set()
        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate, frame.pts = SAMPLE_RATE, self._count * SAMPLES
        frame.time_base = fractions.Fraction(1, SAMPLE_RATE)
        self._count += 1
        return frame

    async def _wait_for_its_time(self) -> None:
        now = asyncio.get_running_loop().time()
        due = self._started_at + self._count * FRAME_S
        if now > due + LATE_S:
            self._started_at = now - self._count * FRAME_S
        elif due > now:
            await asyncio.sleep(due - now)


class Camera(MediaStreamTrack):
    """Sends the pictures that it is shown. Made by `Room.enable_webcam` and `Room.enable_share`."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._picture: NDArray[np.uint8] | None = None
        self._shown = asyncio.Event()
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._sent_at = 0.0

    def show(self, picture: NDArray[np.uint8]) -> None:
        """Send this from now on: RGB, uint8, shaped (height, width, 3), both even. At most 30 a second are sent."""
        height, width, colours = picture.shape
        if picture.dtype != np.uint8 or colours != 3 or height % 2 or width % 2:
            raise ValueError("A picture is uint8, shaped (height, width, 3), with an even height and width.")
        self._picture = picture
        self._shown.set()

    def want(self, *, wanted: bool) -> None:
        """Whether anybody looks at it: nothing is encoded for nobody."""
        if wanted:
            self._wanted.set()
        else:
            self._wanted.clear()

    async def recv(self) -> VideoFrame:
        """The next picture, when it is its time: aiortc asks for it."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._sent_at + MIN_PICTURE_S - loop.time()))
        await self._wanted.wait()
        try:
            async with asyncio.timeout(None if self._picture is None else REPEAT_S):
                await self._shown.wait()
        except TimeoutError:
            pass  # the last one again
        self._shown.clear()
        if self.readyState != "live" or self._picture is None:
            raise MediaStreamError
        self._sent_at = loop.time()
        frame = VideoFrame.from_ndarray(self._picture, format="rgb24")
        frame.pts, frame.time_base = round(self._sent_at * VIDEO_CLOCK), fractions.Fraction(1, VIDEO_CLOCK)
        return frame


class Lent(MediaStreamTrack):
    """A track for one sender, which stops it at its own end; the track behind it goes on."""

    def __init__(self, track: MediaStreamTrack) -> None:
        super().__init__()
        self.kind = track.kind
        self._track = track

    async def recv(self) -> Any:
        """What the track behind it gives."""
        if self.readyState != "live":
            raise MediaStreamError
        return await self._track.recv()


def stereo(samples: NDArray[Any]) -> NDArray[np.int16]:
    """Sound as int16 of two channels. Raises `ValueError` for a shape or type that is none."""
    if samples.ndim == 1:
        samples = samples[:, None]
    if samples.ndim != 2 or samples.shape[1] not in (1, 2):
        raise ValueError("Sound is shaped (n,), (n, 1) or (n, 2).")
    if np.issubdtype(samples.dtype, np.floating):
        samples = (np.clip(samples, -1, 1) * 32767).astype(np.int16)
    if samples.dtype != np.int16:
        raise ValueError("Samples are int16, or floats from -1 to 1.")
    return np.repeat(samples, 2, axis=1) if samples.shape[1] == 1 else samples
