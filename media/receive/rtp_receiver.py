"""What one client sends on its media path: policed, decrypted in place, and handed to streams or as RTCP."""

from __future__ import annotations

import ctypes
import logging
from typing import TYPE_CHECKING, Any, Final

from media.errors import ParseError
from media.net.srtp import context_of, unprotect, unprotect_rtcp
from media.net.ssrc_guard import Strangers
from media.rtp.rtcp import is_rtcp
from media.rtp.rtp import parse_rtp_header, read_extensions

if TYPE_CHECKING:
    from pylibsrtp import Session

    from media.net.buffers import Block
    from media.net.path_validation import Probation
    from media.net.srtp import Pointer
    from media.receive.demux import Demultiplexer, Track
    from media.receive.policer import Police
    from media.receive.rtcp_feedback import RtcpFeedback
    from media.receive.rtcp_receiver import RtcpReceiver

logger = logging.getLogger(__name__)

NO_EXTENSIONS: Final[dict[int, tuple[int, int]]] = {}
RTCP_HEADER: Final = 8
# The original sequence number, with which an RTX payload begins (RFC 4588 section 4).
OSN_SIZE: Final = 2


class RtpReceiver:
    """Of one transport: takes nothing before `start` has brought the keys. `packets` and `octets` count RTP.

    `heard` tells whether anything came that was protected with the peer's keys.
    """

    __slots__ = (
        "_context",
        "_demultiplexer",
        "_feedback",
        "_length",
        "_length_pointer",
        "_police",
        "_probation",
        "_rtcp",
        "_strangers",
        "heard",
        "octets",
        "packets",
    )

    def __init__(
        self,
        police: Police,
        probation: Probation[Any],
        demultiplexer: Demultiplexer,
        rtcp: RtcpReceiver,
        feedback: RtcpFeedback,
    ) -> None:
        self.packets = 0
        self.octets = 0
        self.heard = False
        self._police = police
        self._probation = probation
        self._demultiplexer = demultiplexer
        self._rtcp = rtcp
        self._feedback = feedback
        self._context: Pointer | None = None
        self._strangers: Strangers | None = None
        self._length = ctypes.c_int()
        self._length_pointer = ctypes.byref(self._length)

    def start(self, session: Session) -> None:
        """Decrypt with this session from now on; it must outlive us, or `stop` come first."""
        self._context = context_of(session)
        self._strangers = Strangers(session, self._demultiplexer)

    @property
    def over_limit(self) -> int:
        """Packets that were dropped because more came than may."""
        return self._police.dropped

    def stop(self) -> None:
        """Take nothing any more."""
        self._context = None

    def limit_video(self, bitrate_bps: int, now: float) -> None:
        """Drop what comes beyond a room's limit of video, in bits/s; 0 for none."""
        self._police.limit_video(bitrate_bps, now)

    def add(self, track: Track) -> None:
        """Take a track's packets. Raises `InvalidParameters` when an SSRC or a mid is taken."""
        self._demultiplexer.add(track)

    def remove(self, track: Track) -> None:
        """Forget a track's streams."""
        for ssrc in self._demultiplexer.remove(track):
            if self._strangers is not None:
                self._strangers.note(ssrc)

    def receive(self, memory: Block, length: int, now: float) -> None:
        """An SRTP or SRTCP datagram came; it is decrypted where it is."""
        if self._context is None:
            return
        view = memory.view
        rtcp = is_rtcp(view[0], view[1]) if length > 1 else True
        bucket = self._police.rtcp if rtcp else self._police.rtp
        cost = length if length > bucket.least else bucket.least  # noqa: FURB136 - `max` takes three times as long
        if bucket.tokens < cost and not bucket.has(cost, now):
            self._police.dropped += 1
            return
        self._length.value = length
        if (unprotect_rtcp if rtcp else unprotect)(self._context, memory.pointer, self._length_pointer):
            return
        bucket.tokens -= cost
        self.heard = True
        if self._probation.active:
            self._probation.received(length)
        length = self._length.value
        try:
            if rtcp:
                self._receive_rtcp(bytes(view[:length]), now)
            else:
                self._receive_rtp(memory, length, now)
        except ParseError as error:
            logger.debug("Dropped a packet: %s", error)

    def _receive_rtp(self, memory: Block, length: int, now: float) -> None:
        view = memory.view
        header = parse_rtp_header(view, length)
        extensions = read_extensions(view, header) if header.ext_length else NO_EXTENSIONS
        self.packets += 1
        self.octets += length
        found = self._demultiplexer.find(view, header, extensions)
        police = self._police
        if police.video_limited and found and found[0].format.is_video and not police.admits_video(length, now):
            return
        feedback = self._feedback
        if feedback.transport_wide_id:
            feedback.note_arrival(memory, header, extensions, now)
        if found is None:
            if self._strangers is not None:
                self._strangers.note(header.ssrc)
            return
        stream, is_rtx = found
        if not is_rtx:
            taken = stream.format
            if header.payload_type in (taken.received_payload_type, taken.received_red_payload_type):
                stream.receive(view, header, extensions, now)
        elif header.payload_length >= OSN_SIZE:
            offset = header.payload_offset
            header.sequence_number = view[offset] << 8 | view[offset + 1]
            header.payload_offset += OSN_SIZE
            header.payload_length -= OSN_SIZE
            stream.receive(view, header, extensions, now, recovered=True)

    def _receive_rtcp(self, data: bytes, now: float) -> None:
        if self._strangers is not None and len(data) >= RTCP_HEADER:
            self._strangers.note(int.from_bytes(data[4:8], "big"))
        self._rtcp.receive(data, now)
