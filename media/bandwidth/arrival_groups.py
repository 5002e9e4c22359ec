"""Packets in groups that tell one delay each (draft-ietf-rmcat-gcc-02, 5.2, with what goog_cc adds for bursts).

A node sends a picture's packets at once, so that all but the first of them wait for their own kind. What a group tells
is the least delay among its packets: of the first one in a queue, or of the last one where a radio link gathers them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

BURST_S: Final = 0.005
"""Packets sent within this time are one group; so are those that arrive closer together than they were sent."""
MAX_BURST_S: Final = 0.1
"""A group that arrives together ends after this time."""


class ArrivalGroups:
    """Joins packets to groups (`add`), and gives each group's arrival and least one-way delay."""

    __slots__ = ("_first_arrived", "_first_sent", "_last_arrived", "_last_sent", "_least", "_told")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """The next packet begins a group."""
        self._first_sent = self._last_sent = self._first_arrived = self._last_arrived = -math.inf
        self._least = 0.0
        self._told = True

    @property
    def first_sent_s(self) -> float:
        """When the first packet of the newest group was sent."""
        return self._first_sent

    def add(self, sent: Sequence[float], arrived: Sequence[float]) -> list[tuple[float, float]]:
        """Packets that arrived, in order of sending: `(arrived_at_s, delay_s)` of each group that is new with them.

        The last group is told too, though more of it may follow: its first packets decide.
        A packet that was sent before the group that is being told came out of order, and tells nothing.
        """
        groups = []
        first_sent, last_sent, least = self._first_sent, self._last_sent, self._least
        first_arrived, last_arrived, told = self._first_arrived, self._last_arrived, self._told
        for departure, arrival in zip(sent, arrived, strict=True):
            delay = arrival - departure
            if departure < first_sent:
                continue
            gap = arrival - last_arrived
            if departure - first_sent <= BURST_S or (
                gap <= BURST_S and gap < departure - last_sent and arrival - first_arrived < MAX_BURST_S
            ):
                if delay < least:  # noqa: PLR1730 - min() takes longer, a packet
                    least = delay
                last_sent = departure
                if gap > 0:
                    last_arrived = arrival
                continue
            if not told:
                groups.append((last_arrived, least))
            first_sent = last_sent = departure
            first_arrived = last_arrived = arrival
            least = delay
            told = False
        if not told:
            groups.append((last_arrived, least))
        self._first_sent, self._last_sent, self._least = first_sent, last_sent, least
        self._first_arrived, self._last_arrived, self._told = first_arrived, last_arrived, True
        return groups
