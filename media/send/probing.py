"""One cluster of a bandwidth probe, spread over its time: media goes out as it comes, probe packets fill it up.

Where video is paced a cluster begins with a picture. A camera's pictures leave for all who watch it at once, and
between them a bottleneck that some of these share seems to be free: each would find all of it for themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.ortc.header_extensions import ABS_SEND_TIME, TRANSPORT_WIDE_CC
from media.rtp.packet import ABS_SEND_TIME_SIZE, HEADER
from media.send.transport_wide import element_head

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.bandwidth.estimator import Probe
    from media.ortc.parameters import RtpParameters

STEP_S: Final = 0.005
"""Between two steps: what is due until the next one is sent at each."""
PACKETS_A_STEP: Final = 64
MAX_S: Final = 0.25
"""A cluster that takes so long, because the process was busy, is ended as it is."""
PICTURE_S: Final = 0.1
"""For so long the next picture is waited for."""
LARGEST_S: Final = 0.12
"""A picture that takes longer to leave is a keyframe, or there are several: with a cluster on top of them a queue would
be found that is our own."""
LARGE_S: Final = 0.2
"""They are waited for so much longer."""


class ProbeRun:
    """`begin` is called each 5 ms until it has `begun`, then `step` until it returns False.

    One `with_picture` begins with the next picture that is paced, others at once.
    """

    __slots__ = ("_at", "_made_at", "_packets", "_probe", "_rested", "_sent_before", "_waits", "begun")

    def __init__(self, probe: Probe, now: float, *, with_picture: bool) -> None:
        self.begun = False
        self._probe = probe
        self._made_at = self._at = now
        self._waits = with_picture
        # Whether nothing has waited since the last picture that was too large.
        self._rested = False
        self._sent_before = 0
        self._packets = 0

    @property
    def id(self) -> int:
        """The probe's."""
        return self._probe.id

    def begin(self, sent_bytes: int, wait_s: float, now: float) -> bool:
        """Whether it begins now; what waits in the pacer takes `wait_s` to leave. `sent_bytes` is all video so far."""
        if self._waits and not self._due(wait_s, now):
            return False
        self.begun = True
        self._sent_before = sent_bytes
        self._at = now
        return True

    def _due(self, wait_s: float, now: float) -> bool:
        """Whether a picture has just come, or none will."""
        picture = self._rested and 0 < wait_s <= LARGEST_S
        self._rested = wait_s <= 0 or picture
        return picture or now >= self._made_at + PICTURE_S + (LARGE_S if wait_s > 0 else 0.0)

    def step(self, sent_bytes: int, now: float, send: Callable[[float], int]) -> bool:
        """Send probe packets that are due; `sent_bytes` is all video so far. Whether there are more to come."""
        probe, passed = self._probe, now - self._at
        total = sent_bytes - self._sent_before
        due = (passed + STEP_S) * probe.bitrate_bps / 8
        for _ in range(PACKETS_A_STEP):
            if total >= due or self._complete(total):
                break
            size = send(now)
            if not size:
                return False
            total += size
            self._packets += 1
        return not self._complete(total) and passed < MAX_S

    def _complete(self, total: int) -> bool:
        return total >= self._probe.size_bytes and self._packets >= self._probe.packets


def padding_extensions(parameters: RtpParameters) -> tuple[bytes, int, int]:
    """The extension block of padding for a receiver of these, and where such a packet has room for stamps, or -1.

    That is abs-send-time, and the transport-wide number.
    """
    ids = {extension.uri: extension.id for extension in parameters.header_extensions}
    if not ids.get(TRANSPORT_WIDE_CC):
        return b"", -1, -1
    block, at = b"", HEADER.size + 4
    send_time_at = -1
    if ids.get(ABS_SEND_TIME):
        block = bytes([ids[ABS_SEND_TIME] << 4 | ABS_SEND_TIME_SIZE - 1]) + bytes(ABS_SEND_TIME_SIZE)
        send_time_at = at + 1
    number_at = at + len(block) + len(element_head(ids[TRANSPORT_WIDE_CC], one_byte=True))
    block += bytes(4)
    return b"\xbe\xde" + (len(block) // 4).to_bytes(2, "big") + block, send_time_at, number_at
