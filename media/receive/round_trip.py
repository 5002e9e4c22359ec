"""How long to wait for what was asked for again: the round trip to a sender, measured by its answers to NACKs."""

from __future__ import annotations

from typing import Final

# Until a packet that was asked for has come; then within these bounds, whatever was measured.
INITIAL_WAIT_MS: Final = 100.0
MIN_WAIT_MS: Final = 20.0
MAX_WAIT_MS: Final = 500.0
# RFC 6298 section 2: the weights of a new sample, and how many deviations an answer may take longer than usual.
ALPHA: Final = 1 / 8
BETA: Final = 1 / 4
DEVIATIONS: Final = 4


class RoundTrip:
    """Of one transport: `answered` takes samples, `wait_ms` is smoothed over them as RFC 6298 does."""

    __slots__ = ("_at_least_ms", "_deviation_ms", "_smoothed_ms")

    def __init__(self) -> None:
        self._smoothed_ms: float | None = None
        self._deviation_ms = 0.0
        self._at_least_ms = 0.0

    @property
    def wait_ms(self) -> float:
        """After how many milliseconds an answer isn't to be expected any more."""
        usual = INITIAL_WAIT_MS
        if self._smoothed_ms is not None:
            usual = self._smoothed_ms + DEVIATIONS * self._deviation_ms
        return min(max(usual, self._at_least_ms, MIN_WAIT_MS), MAX_WAIT_MS)

    def answered(self, waited_ms: float, asks: int) -> None:
        """A packet came by RTX so long after it was asked for the first time, and that `asks` times in all.

        With several, nobody knows which of them was answered (Karn's algorithm): the round trip may be as long as
        that. So much is waited until a packet comes that was asked for once.
        """
        if asks > 1:
            self._at_least_ms = max(self._at_least_ms, waited_ms)
            return
        self._at_least_ms = 0.0
        if self._smoothed_ms is None:
            self._smoothed_ms, self._deviation_ms = waited_ms, waited_ms / 2
            return
        self._deviation_ms += BETA * (abs(self._smoothed_ms - waited_ms) - self._deviation_ms)
        self._smoothed_ms += ALPHA * (waited_ms - self._smoothed_ms)
