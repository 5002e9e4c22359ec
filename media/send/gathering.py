"""Keeps the packets of a picture together that many receive: they leave as one message for each of them.

A picture can't be decoded before its last packet, so what waits for that one is not late, and a message of several
packets costs about half of what they cost one by one. What comes later than a bound is spread by its sender, or lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

from media.rtp.packet import MARKER

if TYPE_CHECKING:
    from collections.abc import Hashable

    from media.rtp.packet import Packet

GATHERED_FROM: Final = 32
"""Receivers of a video by one way out: where there are fewer nothing waits."""
MOST_WAITING: Final = 16
"""Packets of one video: as many as a message has place for, and a burst that no receiver's link has to fear."""
HOLD_S: Final = 0.003
"""So long a packet waits at most, as seen by who asks what is due."""

Group = TypeVar("Group", bound="Hashable")


class _Picture:
    """Packets of one video, in order: the first `ready` of them may leave, the others wait `since`."""

    __slots__ = ("packets", "ready", "since")

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.ready = 0
        self.since: float | None = None


class Gathering(Generic[Group]):
    """By who receives them: each group is those of one video. Nothing here knows how late it is before it is asked."""

    def __init__(self) -> None:
        self._pictures: dict[Group, _Picture] = {}

    def __len__(self) -> int:
        """Groups of which packets are here."""
        return len(self._pictures)

    def put(self, packet: Packet, group: Group) -> None:
        """One more packet of a video, in order."""
        picture = self._pictures.get(group)
        if picture is None:
            picture = self._pictures[group] = _Picture()
        packets = picture.packets
        packets.append(packet)
        if packet.data[1] & MARKER or len(packets) - picture.ready >= MOST_WAITING:
            picture.ready = len(packets)
            picture.since = None

    def take_due(self, now: float) -> list[tuple[Group, list[Packet]]]:
        """What may leave: pictures that are complete, and what has waited long enough."""
        due: list[tuple[Group, list[Packet]]] = []
        for group, picture in list(self._pictures.items()):
            packets, ready = picture.packets, picture.ready
            if ready < len(packets):
                if picture.since is None:
                    picture.since = now
                elif now - picture.since >= HOLD_S:
                    ready = len(packets)
            if ready == len(packets):
                del self._pictures[group]
            elif ready:
                picture.packets, picture.ready = packets[ready:], 0
            if ready:
                due.append((group, packets[:ready]))
        return due

    def take_all(self) -> list[tuple[Group, list[Packet]]]:
        """All that is here."""
        taken = [(group, picture.packets) for group, picture in self._pictures.items()]
        self._pictures.clear()
        return taken

    def wait_s(self, now: float) -> float:
        """How long until something is due of what has waited already; 0 if nothing waits."""
        since = [picture.since for picture in self._pictures.values() if picture.since is not None]
        return max(HOLD_S / 100, min(since) + HOLD_S - now) if since else 0.0
