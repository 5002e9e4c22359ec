"""How loud one microphone was in the last second, from the levels that its packets tell (RFC 6464).

Loudness is 127 minus the level: 0 is digital silence, 127 is an overload; steps are decibels.
"""

from __future__ import annotations

from collections import deque
from typing import Final

# RFC 6464 section 3: the level is in the lower seven bits of the first byte, in -dBov; the highest bit tells of voice.
LEVEL_MASK: Final = 0x7F
VOICE_BIT: Final = 0x80
LOUDEST: Final = 127
# A frame is what one packet of Opus carries as a rule; packets of more count as several frames.
FRAME_S: Final = 0.02
LONGEST_PACKET_S: Final = 0.12
# One second of them.
FRAMES: Final = 50
# The background is the quietest frame of the last one to two such windows. One that nobody knows yet is assumed to be
# quiet, so that a first syllable counts.
FLOOR_WINDOW_S: Final = 5.0
ASSUMED_FLOOR: Final = 127 - 70
# What is quieter than that is background wherever it comes from.
LOWEST_FLOOR: Final = 127 - 80
# So many dB over the background a frame may be speech.
ACTIVE_DB: Final = 12


class Voice:
    """One microphone. `note` takes each packet's level, `catch_up` fills in what didn't come (DTX, mute, loss).

    `frames` has the excess over the background of each of the last `FRAMES` frames in dB, the newest last.
    `measured` tells whether levels come at all, `active_at` when something came last that may be speech, `floor` how
    loud the background is.
    """

    __slots__ = (
        "_floor_before",
        "_floor_now",
        "_tells_voice",
        "_until",
        "_window_ends",
        "active_at",
        "floor",
        "frames",
        "measured",
    )

    def __init__(self, now: float) -> None:
        self.frames: deque[int] = deque([0] * FRAMES, FRAMES)
        self.measured = False
        self.floor = ASSUMED_FLOOR
        self.active_at = float("-inf")
        self._until = now
        self._floor_before = ASSUMED_FLOOR
        self._floor_now = LOUDEST
        self._window_ends = now + FLOOR_WINDOW_S
        self._tells_voice = False

    def note(self, told: int, now: float) -> int:
        """Take the first byte of a packet's header extension; returns the packet's excess over the background in dB.

        A sender that tells voice from other sounds is believed where it says that there is none.
        """
        self.measured = True
        loudness = LOUDEST - (told & LEVEL_MASK)
        if told & VOICE_BIT:
            self._tells_voice = True
        if now >= self._window_ends:
            self._next_window(now)
        excess = 0
        if loudness:
            # Digital silence is no background: senders that suppress noise fall to it between words.
            if loudness < self._floor_now:
                self._floor_now = loudness
                self._set_floor()
            if loudness > self.floor and (told & VOICE_BIT or not self._tells_voice):
                excess = loudness - self.floor
                if excess >= ACTIVE_DB:
                    self.active_at = now
        gap = now - self._until
        if gap > LONGEST_PACKET_S:
            self.catch_up(now - FRAME_S)
            gap = FRAME_S
        self.frames.append(excess)
        if gap > 1.5 * FRAME_S:
            self.frames.extend([excess] * (round(gap / FRAME_S) - 1))
        self._until = now
        return excess

    def catch_up(self, now: float) -> None:
        """Nothing has come until now, which counts as silence where it was longer than a packet."""
        missing = now - self._until
        if missing > LONGEST_PACKET_S:
            self.frames.extend([0] * min(FRAMES, round(missing / FRAME_S)))
            self._until = now

    def forget(self, now: float) -> None:
        """The microphone was off: what it said before does not count any more."""
        self.frames.extend([0] * FRAMES)
        self._until = now

    def _set_floor(self) -> None:
        self.floor = max(LOWEST_FLOOR, min(self._floor_before, self._floor_now))

    def _next_window(self, now: float) -> None:
        # Without a single frame above silence there is nothing to learn from.
        if self._floor_now < LOUDEST:
            self._floor_before = self._floor_now
        self._floor_now = LOUDEST
        self._window_ends = now + FLOOR_WINDOW_S
        self._set_floor()
