"""Arithmetic of numbers that wrap around (RFC 1982; RFC 3550 appendix A.1)."""

from __future__ import annotations


def seq_delta(a: int, b: int) -> int:
    """How far 16-bit number `a` is ahead of `b`: -32768 to 32767."""
    return ((a - b + 0x8000) & 0xFFFF) - 0x8000


class Unwrapper:
    """Counts 16-bit numbers on without wrap-around; steps of up to 32767 either way are understood."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: int | None = None

    def unwrap(self, number: int) -> int:
        """The number without wrap-around. The first is moved up one cycle, so that late ones stay positive."""
        extended = self.peek(number)
        if self._last is None or extended > self._last:
            self._last = extended
        return extended

    def peek(self, number: int) -> int:
        """What `unwrap` would return, without counting on."""
        last = self._last
        return number + 0x10000 if last is None else last + seq_delta(number, last & 0xFFFF)
