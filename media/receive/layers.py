"""Which layer a consumer should get, and how the numbers of two layers are joined. Pure decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from media.rtp.reception import SenderClock

# A switch may not make time stand still or jump: bounds for the distance between the last frame of the old
# layer and the first of the new.
MIN_FRAME_DISTANCE_S: Final = 0.001
MAX_FRAME_DISTANCE_S: Final = 1.0


def choose_layer(active: Sequence[bool], preferred: int) -> int | None:
    """The highest active layer up to the preferred one, else the lowest active one above it; None if all are silent."""
    for layer in range(min(preferred, len(active) - 1), -1, -1):
        if active[layer]:
            return layer
    for layer in range(preferred + 1, len(active)):
        if active[layer]:
            return layer
    return None


def frame_distance(
    old_clock: SenderClock | None,
    old_timestamp: int,
    new_clock: SenderClock | None,
    new_timestamp: int,
    elapsed_s: float,
) -> float:
    """Seconds between two frames of different layers.

    Both layers' sender reports tell it exactly; until they have come, the time between the arrivals (`elapsed_s`).
    """
    distance = elapsed_s
    if old_clock is not None and new_clock is not None:
        distance = new_clock.ntp_seconds(new_timestamp) - old_clock.ntp_seconds(old_timestamp)
        distance = min(distance, elapsed_s + MAX_FRAME_DISTANCE_S)
    else:
        distance = min(distance, elapsed_s)
    return max(distance, MIN_FRAME_DISTANCE_S)
