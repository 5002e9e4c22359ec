"""Levels as microphones tell them: 20 ms packets of speech, noise and keystrokes, the same in each run.

A sound is a function from a time in s to what a packet tells then: the first byte of the extension, with the level in
-dBov; None for no packet.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from media.audio.voice import FRAME_S, VOICE_BIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def silence(_time: float) -> int:
    return 127


def nothing(_time: float) -> None:
    """DTX: no packet at all."""


def noise(level: int, seed: int = 1) -> Callable[[float], int]:
    """A fan: the same level, give or take 3 dB."""
    chance = random.Random(seed)  # noqa: S311 - the same sound each time
    return lambda _time: level + chance.randint(-3, 3) | VOICE_BIT


def speech(level: int = 30, seed: int = 1, background: int = 65) -> Callable[[float], int]:
    """Words of 250 to 700 ms at about this level with pauses of 60 to 250 ms, over a quiet background."""
    chance = random.Random(seed)  # noqa: S311 - the same sound each time
    until, talking = 0.0, False

    def told(time: float) -> int:
        nonlocal until, talking
        while time >= until:
            talking = not talking
            until = max(until, time) + (chance.uniform(0.25, 0.7) if talking else chance.uniform(0.06, 0.25))
        return (level + chance.randint(-5, 8) if talking else background + chance.randint(-2, 2)) | VOICE_BIT

    return told


def taps(level: int = 25, seed: int = 1, background: int = 60) -> Callable[[float], int]:
    """Keystrokes: eight a second of one or two frames each."""
    chance = random.Random(seed)  # noqa: S311 - the same sound each time

    def told(time: float) -> int:
        hit = time % 0.125 < chance.choice([0.02, 0.04])
        return (level if hit else background + chance.randint(-2, 2)) | VOICE_BIT

    return told


def during(sound: Callable[[float], int | None], *spans: tuple[float, float]) -> Callable[[float], int | None]:
    """The sound in these spans, a quiet room else."""
    return lambda time: sound(time) if any(begin <= time < end for begin, end in spans) else 66


def frames(from_s: float, to_s: float) -> Iterator[float]:
    """The times of all packets."""
    for number in range(round((to_s - from_s) / FRAME_S)):
        yield from_s + number * FRAME_S
