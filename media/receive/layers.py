"""Which layers there are, and which a consumer should get: pure decisions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_MODE: Final = re.compile(r"[LS]([1-3])T([1-3])", re.IGNORECASE)


def layers_of(scalability_mode: str | None) -> tuple[int, int]:
    """How many spatial and temporal layers a mode has (W3C WebRTC-SVC section 6); one each for none or an unknown."""
    match = _MODE.match(scalability_mode or "")
    return (int(match[1]), int(match[2])) if match else (1, 1)


def choose_layer(active: Sequence[bool], preferred: int) -> int | None:
    """The highest active layer up to the preferred one, else the lowest active one above it; None if all are silent."""
    for layer in range(min(preferred, len(active) - 1), -1, -1):
        if active[layer]:
            return layer
    for layer in range(preferred + 1, len(active)):
        if active[layer]:
            return layer
    return None
