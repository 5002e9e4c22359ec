"""What the SDK's tests say and hear."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from meet_participant import AudioFrame, Event, Feed, Microphone
    from numpy.typing import NDArray

T = TypeVar("T", bound="Event")


async def until(events: Feed[Event], kind: type[T]) -> T:
    """The next event of a kind."""
    async for event in events:
        if isinstance(event, kind):
            return event
    raise AssertionError(kind)


def tone(hertz: float, seconds: float) -> NDArray[np.int16]:
    times = np.arange(round(48_000 * seconds)) / 48_000
    return (np.sin(2 * np.pi * hertz * times) * 12_000).astype(np.int16)


def frequency(frames: list[AudioFrame]) -> float:
    """The strongest tone of some sound in Hz; 0 for silence."""
    samples = np.concatenate([frame.mono for frame in frames]).astype(float)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * 48_000 / len(samples)) if np.abs(samples).max() > 1_000 else 0.0


@contextlib.asynccontextmanager
async def singing(microphone: Microphone, hertz: float) -> AsyncIterator[None]:
    """A tone, without an end."""

    async def sing() -> None:
        while True:
            await microphone.write(tone(hertz, 1))

    task = asyncio.create_task(sing())
    try:
        yield
    finally:
        task.cancel()
        microphone.clear()


async def hear_tone(sounds: Feed[AudioFrame], hertz: float) -> None:
    """Listen until 0.4 s of this tone have come."""
    window: list[AudioFrame] = []
    async for frame in sounds:
        window = [*window[-19:], frame]
        if len(window) == 20 and abs(frequency(window) - hertz) < 5:
            return
    raise AssertionError(hertz)
