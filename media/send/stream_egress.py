"""Sending RTP by a TCP connection: a datagram a packet, which waits there, or is dropped as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from media.send.plain_egress import PlainEgress

if TYPE_CHECKING:
    from media.send.egress import Target
    from media.send.transport_wide import TransportWideTable


class Connection(Protocol):
    """What is written to (a `TcpConnection`)."""

    def put(self, data: memoryview, *, video: bool) -> bool: ...
    def flush(self) -> None: ...


class StreamEgress(PlainEgress):
    """Of one connection.

    What is dropped has its transport-wide number like what is lost on the way, so feedback tells the estimator.
    """

    def __init__(self, connection: Connection, numbers: TransportWideTable) -> None:
        super().__init__(numbers)
        self._connection = connection

    def _leave(self, data: memoryview, destination: Target, *, video: bool) -> bool:  # noqa: ARG002 - as one owns it
        return self._connection.put(data, video=video)

    def flush(self) -> None:
        self._connection.flush()
