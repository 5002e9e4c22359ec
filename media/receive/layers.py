"""Which layer a consumer should get: a pure decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def choose_layer(active: Sequence[bool], preferred: int) -> int | None:
    """The highest active layer up to the preferred one, else the lowest active one above it; None if all are silent."""
    for layer in range(min(preferred, len(active) - 1), -1, -1):
        if active[layer]:
            return layer
    for layer in range(preferred + 1, len(active)):
        if active[layer]:
            return layer
    return None
