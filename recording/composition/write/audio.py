"""All that is to be heard, mixed: stereo at 48 kHz, sample by sample in the recording's time."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from recording.composition.read.playout import RATE, play

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from recording.composition.read.playout import Chunk, Sound
    from recording.composition.read.tracks import AudioTrack

BLOCK: Final = RATE
# The limiter: nothing is louder than this, and its gain rises so fast once it isn't needed any more.
CEILING: Final = 0.95
STEP: Final = RATE // 200
RELEASE: Final = 10 ** (10 / 20 / 200)  # 10 dB a second


def mix(tracks: Sequence[AudioTrack], from_s: float, to_s: float) -> Iterator[NDArray[np.float32]]:
    """Blocks of at most a second, each of shape (n, 2), together exactly `round((to_s - from_s) * 48000)` samples.

    The same tracks and times give the same samples; parts that were mixed on their own may differ from the whole by
    half a millisecond, so they don't join without an edge.
    """
    total = max(0, round((to_s - from_s) * RATE))
    feeds = [_Feed(track, from_s, to_s) for track in tracks if track.to_s >= from_s]
    limiter = Limiter()
    for start in range(0, total, BLOCK):
        block = np.zeros((2, min(BLOCK, total - start)), np.float32)
        for feed in feeds:
            feed.add_to(block, start)
        for ready in limiter.push(block):
            yield np.ascontiguousarray(ready.T)
    for ready in limiter.finish():
        yield np.ascontiguousarray(ready.T)


class _Feed:
    """A track being played. It is opened when its first sample is due."""

    def __init__(self, track: AudioTrack, from_s: float, to_s: float) -> None:
        self._begins = (track.from_s - from_s - 1) * RATE
        self._chunks = play(track.sound_packets(from_s, to_s), from_s)
        self._next: Chunk | None = None
        self._ended = False

    def add_to(self, block: Sound, start: int) -> None:
        """Add what is in this block, whose first sample is `start`; to be called for one block after the other."""
        end = start + block.shape[1]
        if self._begins >= end:
            return
        while not self._ended:
            chunk = self._next or next(self._chunks, None)
            self._next = None
            if chunk is None:
                self._ended = True
                return
            at, samples = chunk
            until = at + samples.shape[1]
            first, last = max(start, at), min(end, until)
            if first < last:
                block[:, first - start : last - start] += samples[:, first - at : last - at]
            if until > end:
                self._next = chunk
                return


class Limiter:
    """Keeps loud moments below `CEILING` by turning them down, without edges or clipping; all else stays as it is."""

    def __init__(self) -> None:
        self._block: Sound | None = None
        self._gains: list[float] = []
        self._gain = 1.0
        self._gain_before = 1.0

    def push(self, block: Sound) -> Iterator[Sound]:
        """Take a block; the one before is ready then, as it is turned down in time for this one."""
        gains = self._gains_of(block)
        if self._block is not None:
            yield self._turned_down(self._block, self._gains, gains[0])
        self._block, self._gains = block, gains

    def finish(self) -> Iterator[Sound]:
        """The last block."""
        if self._block is not None:
            yield self._turned_down(self._block, self._gains, self._gains[-1])
            self._block = None

    def _gains_of(self, block: Sound) -> list[float]:
        """The gain of each step of 5 ms."""
        length = block.shape[1]
        loudness = np.zeros(-(-length // STEP) * STEP, np.float32)
        np.maximum(np.abs(block[0]), np.abs(block[1]), out=loudness[:length])
        peaks = loudness.reshape(-1, STEP).max(axis=1)
        if self._gain == 1 and float(peaks.max()) <= CEILING:
            return [1.0] * len(peaks)
        gains = []
        for peak in peaks.tolist():
            self._gain = min(1.0, self._gain * RELEASE, CEILING / peak if peak > CEILING else 1.0)
            gains.append(self._gain)
        return gains

    def _turned_down(self, block: Sound, gains: list[float], following: float) -> Sound:
        # The gain goes straight from edge to edge, at each of which it suits the steps on both sides.
        edges = [min(pair) for pair in pairwise([self._gain_before, *gains, following])]
        self._gain_before = gains[-1]
        if min(edges) == 1:
            return block
        length = block.shape[1]
        places = np.minimum(np.arange(len(edges)) * STEP, length)
        return block * np.interp(np.arange(length), places, edges).astype(np.float32)
