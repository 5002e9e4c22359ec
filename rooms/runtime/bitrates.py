"""How much of what somebody sends arrives, from what media counts anyway. Pure but for the counters it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from media.producer import Producer


class BitrateMeter:
    """For one participant; call `measure` every few seconds."""

    def __init__(self, now_s: float) -> None:
        self._at_s = now_s
        self._octets: dict[str, int] = {}
        self._bps: dict[str, int] = {}

    def measure(self, producers: Iterable[Producer], now_s: float) -> None:
        """Look at what has come since the last call, of all simulcast layers. A new producer began in between."""
        passed_s = now_s - self._at_s
        if passed_s <= 0:
            return
        octets = {producer.id: sum(stream.reception.octets for stream in producer.streams) for producer in producers}
        self._bps = {
            producer_id: int(8 * (count - self._octets.get(producer_id, 0)) / passed_s)
            for producer_id, count in octets.items()
        }
        self._octets, self._at_s = octets, now_s

    def bps(self, producer_id: str) -> int:
        """Payload in bits/s between the last two calls of `measure`; 0 where nothing is known yet."""
        return self._bps.get(producer_id, 0)
