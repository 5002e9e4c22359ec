"""The queue that our own bursts explain: what a link that carries the estimate has not sent on yet.

A keyframe, or a picture of 5 kB each 133 ms, waits before a narrow link for itself, and the queue is empty again before
the next one. That is no overuse: only what waits longer than this is.
"""

from __future__ import annotations

from typing import Final

import numpy as np

MAX_S: Final = 0.15
"""No longer queue is explained: what is sent beyond the estimate for longer is no burst."""
KEEP: Final = 8
"""Feedback packets that are looked at, at most, when nobody has asked for a while (each tells of about 0.1 s)."""
GAP_S: Final = 1.0
"""After so long without a row nothing waits."""


class OwnBacklog:
    """Rows of feedback come by `add` and cost nothing until `wait_s` is asked for."""

    __slots__ = ("_at", "_heard", "_waiting_s")

    def __init__(self) -> None:
        self._heard: list[tuple[list[float], list[int]]] = []
        self._at = -np.inf
        self._waiting_s = 0.0

    def add(self, sent_at_s: list[float], sizes: list[int]) -> None:
        """Departures in order of time, and bytes, of one feedback packet, the lost ones included."""
        self._heard.append((sent_at_s, sizes))
        if len(self._heard) > KEEP:
            del self._heard[0]
            self._waiting_s = 0.0

    def wait_s(self, departure: float, bitrate_bps: float) -> float:
        """For how long a packet that left then would wait where a link carries so much, at most `MAX_S`."""
        if not self._heard:
            return 0.0
        sent = np.array([at for one, _ in self._heard for at in one])
        sizes = np.array([size for _, one in self._heard for size in one])
        self._heard.clear()
        if not len(sent):
            return 0.0
        # Lindley's recursion, with all rows at once: the time that all before took, beyond the time that has passed.
        took = np.cumsum(sizes) * (8 / bitrate_bps)
        first = float(sent[0])
        before = max(0.0, self._waiting_s - max(0.0, first - self._at)) if first - self._at < GAP_S else 0.0
        offered = np.empty(len(sent))
        offered[0] = before
        offered[1:] = before + took[:-1]
        offered -= sent - first
        waits = offered - np.minimum(np.minimum.accumulate(offered), 0.0)
        self._at = float(sent[-1])
        self._waiting_s = min(MAX_S, float(waits[-1]) + float(sizes[-1]) * 8 / bitrate_bps)
        index = min(int(np.searchsorted(sent, departure)), len(sent) - 1)
        return min(MAX_S, float(waits[index]))
