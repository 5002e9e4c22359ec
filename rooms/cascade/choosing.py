"""On which node somebody receives who comes into a large room. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from rooms.nodes.neighbours import Neighbour

# Smaller differences of load are chance.
PERCENT_STEP: Final = 10


@dataclass(frozen=True)
class Marks:
    """Above these a node takes no more receivers as long as another one can; without `receivers` (0) none goes away."""

    receivers: int = 0
    load_percent: int = 70


def above(marks: Marks, receivers: int, load_percent: int) -> bool:
    """Whether a node with so many receivers and so much load is above its marks."""
    return bool(marks.receivers) and (receivers >= marks.receivers or load_percent >= marks.load_percent)


def choose(nodes: Iterable[Neighbour], having: Container[str], marks: Marks) -> Neighbour | None:
    """The least loaded of those that have a part of the room already, else the least loaded one; None: all are above.

    Only those below their marks count.
    """
    fit = [node for node in nodes if not above(marks, node.receivers, node.load_percent)]
    return min(
        fit,
        key=lambda node: (node.name not in having, node.load_percent // PERCENT_STEP, node.receivers, node.name),
        default=None,
    )
