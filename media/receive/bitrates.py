"""What each layer of a received stream takes: counted packet by packet, worked out only when somebody asks."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from media.bandwidth.allocation_ladder import Cost
from media.token_bucket import TokenBucket

if TYPE_CHECKING:
    from collections.abc import Sequence

    from media.rtp.packet import Packet

# As many as packets are told apart by (`media/receive/inspection.py`).
SPATIAL_LAYERS: Final = 4
TEMPORAL_LAYERS: Final = 4
# Bytes around a packet on the wire: IPv4, UDP and the tag of SRTP.
PACKET_OVERHEAD: Final = 28 + 16
# The bitrate is the mean of the last so many seconds, looked at so often.
WINDOW_S: Final = 1.5
SAMPLED_S: Final = 0.25
# Before so many seconds the mean says more of the first keyframe than of the layer.
TRUSTED_AFTER_S: Final = 1.0
# Encoders that are started again have reached their rate after so many seconds.
YOUNG_S: Final = 6.0
# A keyframe counts as a quarter of itself: it goes out over time, and a switch that it was asked for is not to be taken
# back because of it.
KEYFRAME_SHIFT: Final = 2
# That is so for so many bytes a second and at once: some of the largest, or one each half second, as often as they are
# asked for. What comes of keyframes beyond that counts as what it is, or who sends nothing else is thought to be small.
KEYFRAME_OCTETS_PER_S: Final = 100_000
KEYFRAME_OCTETS_AT_ONCE: Final = 500_000
# How libwebrtc shares a bitrate among one, two or three temporal layers (`SimulcastRateAllocator`), summed up.
TEMPORAL_SHARES: Final[tuple[tuple[float, ...], ...]] = ((1.0,), (0.6, 1.0), (0.4, 0.6, 1.0))


class LayerBitrates:
    """Of one stream. `measured` is [spatial][temporal], each alone; None before there is enough to tell."""

    __slots__ = ("_frames", "_keyframe", "_keyframes", "_octets", "_samples", "_started_at")

    def __init__(self) -> None:
        count = SPATIAL_LAYERS * TEMPORAL_LAYERS
        self._octets = [0] * count
        self._frames = [0] * count
        self._samples: deque[tuple[float, list[int], list[int]]] = deque()
        self._started_at = 0.0
        self._keyframe: int | None = None
        self._keyframes = TokenBucket(KEYFRAME_OCTETS_PER_S, KEYFRAME_OCTETS_AT_ONCE, 0.0)

    def start(self, now: float) -> None:
        """The stream comes, for the first time or after a silence."""
        self._started_at = now
        self._samples.clear()
        self._samples.append((now, self._octets.copy(), self._frames.copy()))

    def count(self, packet: Packet, now: float) -> None:
        """One packet came."""
        index = packet.spatial_layer * TEMPORAL_LAYERS + packet.temporal_layer
        size = len(packet.data) + PACKET_OVERHEAD
        if packet.keyframe:
            self._keyframe = packet.timestamp
        if packet.timestamp == self._keyframe and self._keyframes.spend(size, now):
            size >>= KEYFRAME_SHIFT
        self._octets[index] += size
        if packet.ends_frame:
            self._frames[index] += 1

    def young(self, now: float) -> bool:
        """Whether the stream has begun so lately that it will take more."""
        return now - self._started_at < YOUNG_S

    def measured(self, now: float) -> list[list[Cost]] | None:
        """Bits/s on the wire and frames a second of the layers that come, without those above that don't."""
        samples = self._samples
        if not samples or now - self._started_at < TRUSTED_AFTER_S:
            return None
        if now - samples[-1][0] >= SAMPLED_S:
            samples.append((now, self._octets.copy(), self._frames.copy()))
            while len(samples) > 2 and now - samples[1][0] >= WINDOW_S:
                samples.popleft()
        at, octets, frames = samples[0]
        elapsed = now - at
        if elapsed < SAMPLED_S:
            return None
        rows: list[list[Cost]] = []
        for first in range(0, len(octets), TEMPORAL_LAYERS):
            row = [
                Cost(
                    int((self._octets[index] - octets[index]) * 8 / elapsed),
                    (self._frames[index] - frames[index]) / elapsed,
                )
                for index in range(first, first + TEMPORAL_LAYERS)
            ]
            while row and row[-1].bitrate_bps == 0:
                row.pop()
            rows.append(row)
        while rows and not rows[-1]:
            rows.pop()
        return rows


def summed(alone: Sequence[Sequence[Cost]]) -> list[list[Cost]]:
    """What each layer takes with all that it is built on: the temporal layers below it, and the spatial ones too."""
    result: list[list[Cost]] = []
    for spatial in range(len(alone)):
        row: list[Cost] = []
        for temporal in range(len(alone[spatial])):
            bitrate = sum(cost.bitrate_bps for below in alone[: spatial + 1] for cost in below[: temporal + 1])
            frames = sum(cost.frames_per_second for cost in alone[spatial][: temporal + 1])
            row.append(Cost(bitrate, frames))
        result.append(row)
    return result


def nominal(bitrate_bps: int, temporal_layers: int) -> list[Cost]:
    """What a layer of which only the highest bitrate is known will take, temporal layers summed up."""
    shares = TEMPORAL_SHARES[max(1, min(temporal_layers, len(TEMPORAL_SHARES))) - 1]
    return [Cost(int(bitrate_bps * share), 0.0) for share in shares]
