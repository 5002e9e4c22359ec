"""Which of a stream's packets that wait can be left out, so that all that remains can be decoded.

A picture of a higher temporal layer is needed by none of the layers below: in VP8 (RFC 7741), by VP9's payload
descriptor (RFC 9628) and by the dependency descriptor. So without all pictures that wait from one layer on, and without
those that come after them until a place where that layer may begin again, the rest is a video with fewer pictures.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from media.rtp.packet import Packet

LONGEST_PICTURE: Final = 512
"""A picture has at most so many packets; of one whose numbers lie further apart, none that is missing is guessed."""


class Departed(NamedTuple):
    """The highest extended sequence number that has left, and its picture's timestamp."""

    extended: int
    timestamp: int


NOTHING: Final = Departed(-1, -1)
EVERYTHING: Final = Departed(1 << 62, -1)
"""As long as nothing is known of what has left."""


class Thinned(NamedTuple):
    """`pictures` to leave out, by timestamp, and the highest temporal layer that remains."""

    pictures: frozenset[int]
    temporal: int


def thin(packets: Sequence[Packet], departed: Departed) -> Thinned | None:
    """The pictures of the fastest temporal layer among packets that have not left, the newest that came included.

    None if all of them are of the slowest layer, or a part of each has left: a picture goes as a whole, and no number
    that a receiver has seen, or that comes before one that it has, may be given to another packet. Nor if the newest
    picture, of which more may come, would be cut in two.
    """
    whole = {packet.timestamp for packet in packets if packet.starts_frame}
    whole -= {packet.timestamp for packet in packets if packet.extended <= departed.extended}
    whole.discard(departed.timestamp)
    # A sender may give frames of several layers one timestamp: then all of them are needed by the lowest one.
    lowest: dict[int, int] = {}
    for packet in packets:
        lowest[packet.timestamp] = min(lowest.get(packet.timestamp, packet.temporal_layer), packet.temporal_layer)
    newest = max(packets, key=attrgetter("extended"))
    for temporal in range(max(packet.temporal_layer for packet in packets), 0, -1):
        if newest.temporal_layer >= temporal and newest.timestamp not in whole:
            return None
        pictures = frozenset(timestamp for timestamp in whole if lowest[timestamp] >= temporal)
        if pictures:
            return Thinned(pictures, temporal - 1)
    return None


def numbers(packets: Sequence[Packet]) -> set[int]:
    """The extended sequence numbers of these packets and of what is missing between those of one picture."""
    found: set[int] = set()
    ends: dict[int, tuple[int, int]] = {}
    for packet in packets:
        found.add(packet.extended)
        first, last = ends.get(packet.timestamp, (packet.extended, packet.extended))
        ends[packet.timestamp] = (min(first, packet.extended), max(last, packet.extended))
    for first, last in ends.values():
        if last - first < LONGEST_PICTURE:
            found.update(range(first, last))
    return found
