"""How a recording becomes videos (spec: Getting Recorded Video): of at most four hours each, without a gap. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple

PART_S: Final = 4 * 3600.0


class Part(NamedTuple):
    """`number` counts from 1; times are seconds since the recording began."""

    number: int
    from_s: float
    to_s: float


def parts(duration_s: float, *, ended: bool) -> list[Part]:
    """The parts that can be composed: all of them once the recording has `ended`, before that the whole ones."""
    whole = int(duration_s // PART_S)
    made = [Part(index + 1, index * PART_S, (index + 1) * PART_S) for index in range(whole)]
    if ended and duration_s > whole * PART_S:
        made.append(Part(whole + 1, whole * PART_S, duration_s))
    return made
