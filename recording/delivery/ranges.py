"""Which part of a file is wanted (RFC 9110 section 14). Pure."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_RANGE: Final = re.compile(r"bytes=\s*(\d{0,19})-(\d{0,19})\s*", re.IGNORECASE | re.ASCII)


class Part(NamedTuple):
    """Of a file: `length` octets from `start` on."""

    start: int
    length: int

    def content_range(self, size: int) -> str:
        """As the header of that name has it."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}"


class Unsatisfiable(Exception):
    """No octet of the file is in the part that is asked for."""


def part_of(header: str, size: int) -> Part | None:
    """The part that a Range header asks for; None for all of the file. Raises `Unsatisfiable`.

    Several parts at once, other units and what can't be read mean all of it, as the RFC allows.
    """
    found = _RANGE.fullmatch(header)
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        length = min(int(found[2]), size)
        start = size - length
    else:
        start = int(found[1])
        last = min(int(found[2]), size - 1) if found[2] else size - 1
        if found[2] and int(found[2]) < start:
            return None  # not valid at all
        length = last - start + 1
    if length <= 0:
        raise Unsatisfiable
    return Part(start, length)
