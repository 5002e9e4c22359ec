"""The way out of one pipe: protects each packet, and keeps it as it left, for the other end to ask for it again.

What is sent again is the very same bytes: protected anew, with another send time, it would use its nonce twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.send.plain_egress import PlainEgress

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable

    from media.rtp.packet import Packet
    from media.send.egress import Rewriter, Target
    from media.send.transport_wide import TransportWideTable

# Of each stream, as many as received streams keep (`media.receive.stream`): seconds of video.
KEPT: Final = 512

_Kept = tuple[int, bytes]


class PipeEgress(PlainEgress):
    """By a connected UDP socket. `resent` counts packets, `octets` those of all datagrams."""

    def __init__(self, sock: socket.socket, numbers: TransportWideTable) -> None:
        super().__init__(numbers)
        self._socket = sock
        self._kept: dict[int, list[_Kept | None]] = {}
        self.resent = 0
        self.octets = 0

    def put(self, packet: Packet, forward: Rewriter) -> None:
        """Send one packet; of one hop's numbers there are none here."""
        forward.write(packet, self._slot.view, 0)
        self._send(len(packet.data), forward.destination, -1)

    def resend(self, ssrc: int, sequence_numbers: Iterable[int]) -> int:
        """Send these again as far as they are there; how many."""
        kept = self._kept.get(ssrc)
        if kept is None:
            return 0
        found = [one[1] for number in sequence_numbers if (one := kept[number % KEPT]) is not None and one[0] == number]
        for data in found:
            self._put_on_wire(data)
        self.resent += len(found)
        return len(found)

    def forget(self, ssrc: int) -> None:
        """Keep nothing of this stream any more."""
        self._kept.pop(ssrc, None)

    def _leave(self, data: memoryview, _destination: Target, *, video: bool) -> bool:  # noqa: ARG002 - all alike here
        number, ssrc = data[2] << 8 | data[3], int.from_bytes(data[8:12], "big")
        kept = self._kept.get(ssrc)
        if kept is None:
            kept = self._kept[ssrc] = [None] * KEPT
        packet = bytes(data)
        kept[number % KEPT] = (number, packet)
        return self._put_on_wire(packet)

    def _put_on_wire(self, data: bytes) -> bool:
        try:
            self._socket.send(data)
        except OSError:
            return False
        self.octets += len(data)
        return True
