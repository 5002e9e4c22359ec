"""Holds media back from a peer on probation that has had its share (`media/net/path_validation.py`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from media.net.path_validation import Probation
    from media.send.destination import Destination
    from media.send.send_stream import SendStream

# Bytes that IP, UDP, RTP and SRTP add to a packet.
PACKET_OVERHEAD: Final = 60


class HeldBack(Protocol):
    """What is held back: a consumer."""

    @property
    def stream(self) -> SendStream: ...
    def go_on(self, now: float) -> None: ...


class Holding:
    """Of one transport, with its `consumers` as they come and go."""

    def __init__(self, destination: Destination, consumers: Mapping[str, HeldBack], probation: Probation[Any]) -> None:
        self._destination = destination
        self._consumers = consumers
        self._probation = probation
        self._sent = 0

    def begin(self, waiting: int = 0) -> None:
        """A probation begins: what was sent before went elsewhere, but for so many bytes that still wait to leave."""
        self._sent = self._media_sent() - waiting

    def check(self, now: float) -> None:
        """Send no media to an unproven path that has had its share; called many times a second."""
        before, self._sent = self._sent, self._media_sent()
        # What goes by while it is held is counted by the consumers, but not sent.
        sent = 0 if self._destination.held else max(0, self._sent - before)
        held = not self._probation.spend(sent, now)
        if held is not self._destination.held:
            self._set_held(now, held=held)

    def release(self, now: float) -> None:
        """The path is proven: send what there is."""
        if self._destination.held:
            self._set_held(now, held=False)

    def _set_held(self, now: float, *, held: bool) -> None:
        self._destination.held = held
        for consumer in list(self._consumers.values()):
            if held:
                consumer.stream.hold()
            else:
                consumer.go_on(now)
        self._sent = self._media_sent()  # numbers of what was held are given back: the next tick counts from there

    def _media_sent(self) -> int:
        """Bytes of media on the wire so far, more or less."""
        total = 0
        for consumer in self._consumers.values():
            stream = consumer.stream
            packets, octets = stream.sent
            total += octets + stream.resent_octets + PACKET_OVERHEAD * (packets + stream.resent)
        return total
