"""Packets in order into frames that a decoder can take.

What can't be decoded right is left out, so that the last good picture stands still instead of turning to garbage: a
frame of which a packet is missing, and what builds on a frame that is missing, until the next keyframe. Frames of
higher temporal layers build on lower ones only, never the other way round; where the codec's payload tells the layer
and counts the lowest layer's frames (VP8's TL0PICIDX), decoding goes on with the next frame of the lowest layer if
none of that layer is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from recording.composition.read.packets import RtpPacket

# More packets than any real frame has; what goes beyond is no frame.
MAX_PACKETS: Final = 8192


@dataclass(frozen=True, slots=True)
class CodedFrame:
    """One picture in a decoder's format.

    `temporal_id` and `tl0_picture_index` are None where the payload doesn't tell them.
    """

    data: bytes
    is_keyframe: bool
    temporal_id: int | None = None
    tl0_picture_index: int | None = None


class Depacketizer(Protocol):
    """A codec's payload format, for one track."""

    def join(self, payloads: Sequence[memoryview]) -> CodedFrame | None:
        """The frame that is in these payloads, none of which is empty; None if its start is missing or it is broken."""


@dataclass(frozen=True, slots=True)
class ReceivedFrame:
    """A frame that can be decoded if all before were; `first` and `last` are its packets."""

    coded: CodedFrame
    first: RtpPacket
    last: RtpPacket


def frames(packets: Iterable[RtpPacket], depacketizer: Depacketizer) -> Iterator[ReceivedFrame]:
    """The frames of packets in order, beginning with a keyframe."""
    losses = _Losses()
    held: list[RtpPacket] = []
    following: int | None = None
    whole = True
    for packet in packets:
        gap = following is not None and packet.extended != following
        following = packet.extended + 1
        if held and packet.timestamp != held[0].timestamp:  # it had no marker
            if (frame := _finish(held, depacketizer, losses, whole=whole and not gap)) is not None:
                yield frame
            held = []
            whole = True
        if gap:
            losses.lost()
            whole = whole and not held
        if len(held) < MAX_PACKETS:
            held.append(packet)
        if packet.marker:
            if (frame := _finish(held, depacketizer, losses, whole=whole)) is not None:
                yield frame
            held = []
            whole = True
    if held and (frame := _finish(held, depacketizer, losses, whole=whole)) is not None:
        yield frame


class _Losses:
    """Whether a frame can be decoded, given which were lost before."""

    def __init__(self) -> None:
        self._broken = True
        self._tl0: int | None = None

    def lost(self) -> None:
        """A frame, or some, are missing here."""
        self._broken = True

    def admits(self, frame: CodedFrame) -> bool:
        """Whether the decoder has what this frame builds on; to be asked for each whole frame in order."""
        index = frame.tl0_picture_index if frame.temporal_id == 0 else None
        if self._broken:
            goes_on = index is not None and self._tl0 is not None and (index - self._tl0) & 0xFF == 1
            self._broken = not (frame.is_keyframe or goes_on)
        if not self._broken and (frame.is_keyframe or index is not None):
            self._tl0 = index
        return not self._broken


def _finish(
    held: Sequence[RtpPacket], depacketizer: Depacketizer, losses: _Losses, *, whole: bool
) -> ReceivedFrame | None:
    payloads = [payload for packet in held if (payload := packet.payload)]
    if not payloads:
        return None
    coded = depacketizer.join(payloads) if whole and len(held) < MAX_PACKETS else None
    if coded is None:
        losses.lost()
        return None
    return ReceivedFrame(coded, held[0], held[-1]) if losses.admits(coded) else None
