"""What is received: sound in pieces of 20 ms, and pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from av import VideoFrame as DecodedPicture
    from numpy.typing import NDArray

    from meet_participant.events import Source

SAMPLE_RATE: Final = 48_000
SAMPLES: Final = 960


@dataclass(frozen=True)
class AudioFrame:
    """20 ms of what somebody sends: `samples` are int16, shaped (960, 2), at 48 kHz. Nothing comes of who is muted."""

    peer_id: str
    source: Source
    samples: NDArray[np.int16]

    @property
    def mono(self) -> NDArray[np.int16]:
        """Both channels as one, shaped (960,)."""
        mean: NDArray[np.int16] = (self.samples.astype(np.int32).sum(axis=1) // 2).astype(np.int16)
        return mean


@dataclass(frozen=True)
class VideoFrame:
    """A picture that somebody sends; it may be smaller or larger than the last one."""

    peer_id: str
    source: Source
    width: int
    height: int
    decoded: DecodedPicture

    @property
    def picture(self) -> NDArray[np.uint8]:
        """RGB, uint8, shaped (height, width, 3). It is converted each time that it is asked for."""
        return np.asarray(self.decoded.to_ndarray(format="rgb24"), np.uint8)


class Pieces:
    """Cuts decoded sound of any length into frames of 20 ms."""

    def __init__(self) -> None:
        self._rest: NDArray[np.int16] = np.empty((0, 2), np.int16)

    def take(self, decoded: Any) -> list[NDArray[np.int16]]:
        """`decoded` is an `av.AudioFrame` of 16-bit stereo at 48 kHz; whole pieces come out."""
        samples = decoded.to_ndarray().reshape(-1, 2)
        joined = np.concatenate((self._rest, samples)) if len(self._rest) else samples
        whole = len(joined) // SAMPLES
        self._rest = joined[whole * SAMPLES :]
        return [joined[piece * SAMPLES : (piece + 1) * SAMPLES] for piece in range(whole)]
