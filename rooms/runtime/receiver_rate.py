"""How many packets a second somebody gets who receives in a room, from what media counts anyway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from media.producer import Producer
    from media.send.fanout import Forwards

# It is measured over a second at least, and for as long as nobody asks.
LEAST_S: Final = 1.0


class ReceiverRate:
    """Of one room; ask `measure` whenever somebody comes in."""

    def __init__(self) -> None:
        self._at_s: float | None = None
        self._packets: dict[Forwards, int] = {}
        self._per_s: float | None = None

    def measure(self, producers: Iterable[Producer], now_s: float) -> float | None:
        """Of somebody who receives what others do, all of the track that most have; None where that isn't known yet."""
        passed_s = 0.0 if self._at_s is None else now_s - self._at_s
        if self._at_s is not None and passed_s < LEAST_S:
            return self._per_s
        fanouts = [one for producer in producers for one in _fanouts(producer)]
        before, self._packets = self._packets, {one: one.packets for one in fanouts}
        first, self._at_s = self._at_s is None, now_s
        if first:
            return None
        known = [one for one in fanouts if one in before]
        sent = sum((one.packets - before[one]) * len(one) for one in known)
        # Of all who are in some don't receive yet, and some from another node.
        receivers = max((len(one) for one in known), default=0)
        self._per_s = sent / receivers / passed_s if receivers else None
        return self._per_s


def _fanouts(producer: Producer) -> list[Forwards]:
    streams = [source for stream in producer.streams for source in (stream, stream.plain) if source is not None]
    return [source.forwards for source in streams]
