"""One cluster of a bandwidth probe, spread over its time: media goes out as it comes, probe packets fill it up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.ortc.header_extensions import TRANSPORT_WIDE_CC
from media.rtp.packet import HEADER
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


class ProbeRun:
    """`step` is called each 5 ms, from the start on, until it returns False."""

    __slots__ = ("_at", "_packets", "_probe", "_sent_before")

    def __init__(self, probe: Probe, sent_bytes: int, now: float) -> None:
        self._probe = probe
        self._sent_before = sent_bytes
        self._at = now
        self._packets = 0

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


def padding_extensions(parameters: RtpParameters) -> tuple[bytes, int]:
    """The extension block of padding for a receiver of these, and where such a packet has room for a number, or -1."""
    identifier = next((e.id for e in parameters.header_extensions if e.uri == TRANSPORT_WIDE_CC), 0)
    if not identifier:
        return b"", -1
    head = element_head(identifier, one_byte=True)
    return b"\xbe\xde\x00\x01" + bytes(4), HEADER.size + 4 + len(head)
