"""One stream of RTP to one receiver (mediasoup's `RtpStreamSend`): its numbers, what of it is sent again or given up.

What it consists of comes from the streams of a producer, one after the other; which of them, a consumer decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.send.probing import padding_extensions
from media.send.retransmitter import Retransmitter
from media.send.sequence_map import Mark, SequenceMap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from media.ortc.parameters import RtpParameters
    from media.send.destination import Destination
    from media.send.pacing import Unsent


class SendStream:
    """Of `rtp_parameters` with one encoding, to `destination`. Raises `ValueError` if the encoding has no SSRC.

    `numbers` begins and ends what is sent; packets go by its rewriters, and never through here.
    """

    __slots__ = ("_destination", "_held_at", "_retransmitter", "numbers", "rtx_ssrc", "ssrc")

    def __init__(self, destination: Destination, rtp_parameters: RtpParameters, now: float) -> None:
        encoding = rtp_parameters.encodings[0]
        if encoding.ssrc is None:
            message = "A consumer's encoding must have an SSRC."
            raise ValueError(message)
        self.ssrc: int = encoding.ssrc
        self.rtx_ssrc = encoding.rtx.ssrc if encoding.rtx else None
        self.numbers = SequenceMap(destination, self.ssrc)
        self._destination = destination
        self._retransmitter = Retransmitter(
            destination,
            self.numbers,
            next((c.payload_type for c in rtp_parameters.codecs if c.mime_type.lower().endswith("/rtx")), None),
            self.rtx_ssrc,
            now,
            padding_extensions(rtp_parameters),
        )
        # Where the numbers stood when nothing could be sent any more; None while it can.
        self._held_at: Mark | None = None

    @property
    def sent(self) -> tuple[int, int]:
        """Packets and payload octets sent so far, retransmissions not counted."""
        return self.numbers.sent

    @property
    def resent(self) -> int:
        """Packets that were sent again."""
        return self._retransmitter.resent

    @property
    def resent_octets(self) -> int:
        """Bytes of all packets that were sent again, with their headers."""
        return self._retransmitter.octets

    def resend(self, sequence_numbers: Iterable[int], now: float, round_trip_s: float | None) -> int:
        """Answer a NACK (RFC 4585) from the cache: by RTX, or the very same packet again.

        How many packets of it were asked for the first time.
        """
        return self._retransmitter.resend(sequence_numbers, now, round_trip_s)

    @property
    def hopeless(self) -> bool:
        """Whether the last NACK asked for what has been sent again in vain for so long that it is soon given up."""
        return self._retransmitter.hopeless

    def repeat(self, sequence_number: int, now: float) -> None:
        """Send a packet again that may have got lost, by RTX, before anybody asks for it."""
        self._retransmitter.repeat(sequence_number, now)

    def send_probe(self, now: float) -> int:
        """Send one packet of a bandwidth probe by RTX; its bytes on the wire, 0 if it can't."""
        return self._retransmitter.send_probe(now)

    def leave_behind(self, *, waiting: bool) -> None:
        """What follows is from another source: on a narrow link nothing of the one before may stand in its way.

        With `waiting` what waits to leave is dropped, too, and its numbers are taken back. Of a smaller layer that is
        mostly the keyframe that its sender has made of all layers at once.
        """
        unsent = self._drop_waiting(waiting=waiting)
        if unsent is not None:
            self.numbers.take_back(unsent)

    def lose_sent(self) -> None:
        """What was sent on a narrow link is lost, and a keyframe is to come: it is not sent again before that."""
        pacing, newest = self._destination.pacing, self.numbers.newest
        if pacing is not None and newest is not None:
            pacing.lose(self.ssrc, self.rtx_ssrc, newest[0])

    def hold(self) -> None:
        """Nothing is sent until `go_on`. What comes meanwhile is only counted, and what waits is dropped."""
        mark = self.numbers.mark()
        unsent = self._drop_waiting(waiting=True)
        if unsent is not None:
            back = (mark.upcoming - unsent.first) & 0xFFFF
            mark = Mark(mark.upcoming - back, mark.packets - unsent.packets, mark.octets - unsent.octets)
        self._held_at = mark
        self.numbers.changed()

    def go_on(self) -> bool:
        """Have the numbers go on from where they were held; whether they were. Then nothing is sent before `begin`."""
        if self._held_at is None:
            self.numbers.changed()
            return False
        self.numbers.go_back(self._held_at)
        self._held_at = None
        return True

    def socket_changed(self) -> None:
        """The destination's socket or readiness changed."""
        self.numbers.changed()

    def _drop_waiting(self, *, waiting: bool) -> Unsent | None:
        pacing, newest = self._destination.pacing, self.numbers.newest
        if pacing is None or newest is None:
            return None
        return pacing.leave(self.ssrc, self.rtx_ssrc, newest[0], waiting=waiting)
