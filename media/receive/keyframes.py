"""When to ask a sender for a keyframe: at once, but not again and again for every receiver that wants one."""

from __future__ import annotations

from typing import Final

MIN_INTERVAL_S: Final = 0.5
# libwebrtc takes no notice of a request within 300 ms of the one before, for whichever of its layers that was.
IGNORED_S: Final = 0.32
RETRY_AFTER_S: Final = 0.5
MAX_RETRIES: Final = 8


class KeyFrameThrottle:
    """Gathers the requests for one stream. Each method tells whether to send a PLI (RFC 4585) now."""

    __slots__ = ("_last_sent", "_not_before", "_pending", "_retries", "_wanted_again")

    def __init__(self) -> None:
        self._last_sent: float | None = None
        self._not_before = float("-inf")
        self._pending = False
        self._wanted_again = False
        self._retries = 0

    @property
    def pending(self) -> bool:
        """Whether a keyframe was asked for and has not come."""
        return self._pending

    def requested(self, now: float) -> bool:
        """Somebody needs a keyframe."""
        if self._may_send(now):
            return self._send(now, retries=0)
        if not self._pending:
            # One came after the last request, and somebody needs another so soon: later, in `due`.
            self._wanted_again = True
        self._pending = True
        return False

    def due(self, now: float) -> bool:
        """Time went by: repeat a request that was not answered, or send one that had to wait."""
        if not self._pending or not self._may_send(now):
            return False
        if self._wanted_again or self._last_sent is None:
            return self._send(now, retries=0)
        if now - self._last_sent >= RETRY_AFTER_S:
            if self._retries == MAX_RETRIES:
                self._pending = False
                return False
            return self._send(now, retries=self._retries + 1)
        return False

    def other_asked(self, now: float) -> None:
        """The same sender was asked for a keyframe of another stream: it would take no notice of us now."""
        self._not_before = now + IGNORED_S

    def arrived(self) -> None:
        """A keyframe came."""
        self._pending = False
        self._wanted_again = False
        self._retries = 0

    def _may_send(self, now: float) -> bool:
        return now >= self._not_before and (self._last_sent is None or now - self._last_sent >= MIN_INTERVAL_S)

    def _send(self, now: float, *, retries: int) -> bool:
        self._last_sent = now
        self._pending = True
        self._wanted_again = False
        self._retries = retries
        return True
