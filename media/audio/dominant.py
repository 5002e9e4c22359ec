"""Who dominates a conversation: Volfin and Cohen, "Dominant Speaker Identification for Multipoint Videoconferencing".

For each microphone it asks on three scales how likely what came is speech: in the newest frame (immediate), in the
newest 100 ms (medium), in the last second (long). On each scale the number of active parts v of N is held against two
models: with speech it is binomial, without it falls off exponentially. The score is the logarithm of how much more
likely the first is; a newcomer takes over who surpasses the dominant speaker on all scales by enough. So nobody takes
over from somebody who goes on speaking, and a short word in their pause is outweighed by what they said before.

Different from the paper: the parts of the immediate scale are steps of loudness over the background and not bands of a
spectrum, which a server that decodes nothing has not; and a newcomer needs `LEAST_LONG` of speech, so that a slammed
door in silence is not a speaker.
"""

from __future__ import annotations

from math import comb, log
from typing import TYPE_CHECKING, Final, NamedTuple

from media.audio.voice import ACTIVE_DB, FRAME_S, FRAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from media.audio.voice import Voice

# Parts of each scale: steps of loudness in a frame, frames in a block, blocks in a second.
STEPS: Final = 13
FRAMES_A_BLOCK: Final = 5
BLOCKS: Final = FRAMES // FRAMES_A_BLOCK
STEP_DB: Final = 3
# A block is active from so many active frames on: one keystroke is one or two frames.
ACTIVE_FRAMES: Final = 4
# The paper's models: the binomial's probability, and the exponential's rate on each scale.
PROBABILITY: Final = 0.5
RATES: Final = (0.78, 24.0, 47.0)
# By how much a newcomer must surpass the dominant speaker on each scale (logarithm of the scores' ratio).
SURPASS_IMMEDIATE: Final = 3.0
SURPASS_MEDIUM: Final = 2.0
SURPASS_LONG: Final = 0.0
LEAST_SCORE: Final = 1e-10
# Blocks of the last second in which a newcomer must have spoken: 0.4 s.
LEAST_LONG: Final = 4
REMEMBERED_S: Final = FRAMES * FRAME_S


class Activity(NamedTuple):
    """How many parts of each scale were active."""

    immediate: int
    medium: int
    long: int


def _scores(parts: int, rate: float) -> tuple[float, ...]:
    """The score of each number of active parts."""
    return tuple(
        max(
            LEAST_SCORE,
            log(comb(parts, active)) + active * log(PROBABILITY) + (parts - active) * log(1 - PROBABILITY)
            - log(rate) + rate * active,
        )
        for active in range(parts + 1)
    )  # fmt: skip


_LOGARITHMS: Final = tuple(
    tuple(log(score) for score in _scores(parts, rate))
    for parts, rate in zip((STEPS, FRAMES_A_BLOCK, BLOCKS), RATES, strict=True)
)
NOBODY: Final = Activity(0, 0, 0)


def activity(voice: Voice) -> Activity:
    """What a microphone's last second amounts to."""
    frames = list(voice.frames)
    active = [excess >= ACTIVE_DB for excess in frames]
    blocks = [sum(active[start : start + FRAMES_A_BLOCK]) for start in range(0, FRAMES, FRAMES_A_BLOCK)]
    return Activity(
        immediate=min(STEPS, frames[-1] // STEP_DB),
        medium=blocks[-1],
        long=sum(count >= ACTIVE_FRAMES for count in blocks),
    )


def surpasses(newcomer: Activity, dominant: Activity) -> bool:
    """Whether somebody takes over from the dominant speaker."""
    immediate, medium, long = (
        scale[new] - scale[old] for scale, new, old in zip(_LOGARITHMS, newcomer, dominant, strict=True)
    )
    return (
        newcomer.long >= LEAST_LONG
        and immediate > SURPASS_IMMEDIATE
        and medium > SURPASS_MEDIUM
        and long > SURPASS_LONG
    )


def dominant_speaker(before: str | None, voices: Mapping[str, Voice], now: float) -> str | None:
    """Who dominates now, of those whose microphones are open; to be asked every few hundred ms.

    The last one does until somebody else takes over, also in silence and with the microphone off.
    """
    best = before
    to_surpass = NOBODY
    if before is not None and before in voices:
        voices[before].catch_up(now)
        to_surpass = activity(voices[before])
    found = NOBODY
    for key, voice in voices.items():
        if key == before or now - voice.active_at > REMEMBERED_S:
            continue  # costs nothing as long as it is silent
        voice.catch_up(now)
        candidate = activity(voice)
        if surpasses(candidate, to_surpass) and (candidate.long, candidate.medium) > (found.long, found.medium):
            best, found = key, candidate
    return best
