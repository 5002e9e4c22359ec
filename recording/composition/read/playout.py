"""One audio track's packets as sound at the right places: each sample has its place in the recording.

A sound card's clock drifts against the recording's, so packets are made longer or shorter by a few samples, too few to
be heard. A short loss is bridged with what was heard last; where nothing was sent (an Opus encoder sends nothing in
silence, RFC 7587 section 3.1.3) there is silence, and no edge of it clicks.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import av
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from recording.composition.read.packets import RtpPacket

    # One channel, or left and right, each a row of samples.
    Sound = NDArray[np.float32]

RATE: Final = 48_000
# By how much an Opus encoder's output is late (RFC 6716: 2.5 ms for its CELT layer, 4 ms more for speech), as in all
# browsers.
LOOKAHEAD: Final = 312
# In a packet's first byte (RFC 6716 section 3.1).
STEREO: Final = 0x04
FADE: Final = 240
LONGEST_BRIDGE: Final = RATE * 60 // 1000
# What a sample's place may be wrong before something is done; from `JUMP` on it is not drift but another place.
TOLERATED: Final = 24
JUMP: Final = RATE * 40 // 1000
# A packet of 20 ms becomes longer or shorter by so many samples (0.5 %), by one for each so many that it is wrong.
MOST_STRETCHED: Final = 5
WRONG_PER_SAMPLE: Final = 96
# A packet with so much silence before and after it is one that an encoder in silence sends now and then.
ALONE: Final = RATE * 100 // 1000


class Chunk(NamedTuple):
    """Sound that begins at a sample, counted from where playing began."""

    at: int
    samples: Sound


class OpusDecoder:
    """Opus packets (RFC 6716) into sound at 48 kHz, with one or two channels as each packet has."""

    def __init__(self) -> None:
        # PyAV's stubs know no settable layout.
        context: Any = av.CodecContext.create("opus", "r")
        context.sample_rate = RATE
        context.layout = "stereo"
        self._context = context

    def decode(self, payload: memoryview) -> Sound | None:
        """The samples; None if the packet is broken."""
        try:
            frames = self._context.decode(av.Packet(bytes(payload)))
        except av.FFmpegError:
            return None
        if not frames:
            return None
        channels = 2 if payload[0] & STEREO else 1
        decoded = [np.array([_samples(frame, channel) for channel in range(channels)]) for frame in frames]
        return decoded[0] if len(decoded) == 1 else np.concatenate(decoded, axis=1)


def _samples(frame: Any, channel: int) -> Sound:
    samples: Sound = np.frombuffer(frame.planes[channel], np.float32, frame.samples)
    return samples


def play(packets: Iterable[tuple[RtpPacket, float]], from_s: float) -> Iterator[Chunk]:
    """The sound of packets in order, with their times, as chunks that rise and don't overlap.

    Sample 0 is at `from_s`; what was before has negative places.
    """
    playout = _Playout()
    decoder = OpusDecoder()
    for packet, time_s in packets:
        payload = packet.payload
        if not payload:
            playout.nothing(packet)
        elif (samples := decoder.decode(payload)) is not None:
            yield from playout.add(packet, samples, round((time_s - from_s) * RATE) - LOOKAHEAD)
    yield from playout.finish()


class _Playout:
    """Holds the last chunk back, until it is known what comes after it."""

    def __init__(self) -> None:
        self._held: Chunk | None = None
        # Silence before the held chunk, which has only one packet; 0 if there are more.
        self._alone_after = 0
        self._timestamp = 0
        self._extended = 0

    def nothing(self, packet: RtpPacket) -> None:
        """A packet without sound: none is missing here."""
        if packet.extended == self._extended:
            self._extended += 1

    def add(self, packet: RtpPacket, samples: Sound, target: int) -> Sequence[Chunk]:
        """Sound that belongs to a place. Returns what is ready."""
        missing = packet.timestamp - self._timestamp
        lost = packet.extended != self._extended
        self._timestamp = packet.timestamp + samples.shape[1]
        self._extended = packet.extended + 1
        held = self._held
        if held is None:
            self._begin(samples, target, silence=ALONE)
            return ()
        end = held.at + held.samples.shape[1]
        error = target - end - missing
        if (missing == 0 or (lost and 0 < missing <= LONGEST_BRIDGE)) and abs(error) < JUMP:
            self._alone_after = 0
            if not missing:
                self._held = Chunk(end, _stretched(samples, error))
                return (held,)
            self._held = Chunk(end + missing, _faded_in(samples))
            return (held, Chunk(end, _bridge(held.samples, missing)))
        if target < end:  # its place is taken: the clock was put back
            self._timestamp = packet.timestamp
            return ()
        silence = target - end
        alone = self._alone_after >= ALONE and silence >= ALONE
        self._begin(samples, target, silence=silence)
        return () if alone else (Chunk(held.at, _faded_out(held.samples)),)

    def finish(self) -> Sequence[Chunk]:
        """The last chunk."""
        return () if self._held is None else (Chunk(self._held.at, _faded_out(self._held.samples)),)

    def _begin(self, samples: Sound, at: int, *, silence: int) -> None:
        self._held = Chunk(at, _faded_in(samples))
        self._alone_after = silence


def _faded_in(samples: Sound) -> Sound:
    length = min(FADE, samples.shape[1])
    faded = samples.copy()
    faded[:, :length] *= np.linspace(0, 1, length, dtype=np.float32)
    return faded


def _faded_out(samples: Sound) -> Sound:
    return _faded_in(samples[:, ::-1])[:, ::-1]


def _bridge(before: Sound, length: int) -> Sound:
    """Sound for a gap: what was before it, backwards, so that nothing jumps, and fading."""
    count = before.shape[1]
    places = np.arange(length) % (2 * count)
    mirrored = np.where(places < count, count - 1 - places, places - count)
    return before[:, mirrored] * np.linspace(1, 0, length, dtype=np.float32)


def _stretched(samples: Sound, error: int) -> Sound:
    """The samples, some more of them if the place is too early by `error` samples, some less if it is too late."""
    count = samples.shape[1]
    if abs(error) <= TOLERATED or count < RATE // 200:
        return samples
    most = min(MOST_STRETCHED, 1 + abs(error) // WRONG_PER_SAMPLE)
    places, weights = _resampling(count, count + (most if error > 0 else -most))
    stretched: Sound = (samples[:, places] * weights).sum(axis=1)
    return stretched


@cache
def _resampling(count: int, wanted: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """For each wanted sample four that are there, and their weights (Catmull and Rom's curve)."""
    position = np.arange(wanted) * ((count - 1) / (wanted - 1))
    before = np.minimum(position.astype(np.intp), count - 2)
    part = position - before
    places = np.clip(before + np.arange(-1, 3)[:, None], 0, count - 1)
    square, cube = part**2, part**3
    weights = np.stack(
        [
            (-part + 2 * square - cube) / 2,
            (2 - 5 * square + 3 * cube) / 2,
            (part + 4 * square - 3 * cube) / 2,
            (cube - square) / 2,
        ]
    )
    return places, weights.astype(np.float32)
