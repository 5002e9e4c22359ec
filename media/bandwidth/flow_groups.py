"""Receivers behind one bottleneck share what it carries: the flow state exchange of coupled congestion control.

Each link is estimated by itself, and of two that share a bottleneck the one that has more stays ahead: it fits, and who
wants to join in finds the queue. So when one is overused, all that share the bottleneck are given the same (RFC 8699,
5.3.1). A node has no need to find them by statistics (RFC 8382): they are behind one public address, in one home or
office, their packets wait for as long at the same moment, and each one's own feedback says that its link is overused.
What one reports can take nothing of others whose links are well.
"""

from __future__ import annotations

import math
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final, Protocol

from media.bandwidth.rate_control import RESTORE

if TYPE_CHECKING:
    from collections.abc import Sequence

HEARD_S: Final = 0.3
"""Of whom nothing was heard for so long it is not known whether their packets wait."""
ALIKE: Final = 0.5
"""Queues of one bottleneck differ by when they were told of: the shorter one is at least this share of the longer."""
QUEUE_S: Final = 0.02
"""Queues that are shorter are alike by chance."""
SHARED: Final = RESTORE
"""The share of all that arrives that all are given together: as of a single link whose queue has just become empty."""
AGAIN_S: Final = 3.0
"""A group does not share again so soon: until all have followed, and the queue is empty, what arrives tells nothing
new. A path that has become longer is no queue, and would be shared until nothing is left."""
TOGETHER_S: Final = 0.5
"""Of those who share a bottleneck each finds it overused, one sooner than the other by so much."""
LOOKED_AT_AFTER_S: Final = 0.2
"""Nor is one looked at again so soon: hundreds may sit behind one address, and each of them asks."""
IPV6_PREFIX: Final = 64


class Flow(Protocol):
    """All video to one receiver, as its estimator knows it."""

    @property
    def heard_at(self) -> float:
        """When the last feedback came."""

    @property
    def queue_s(self) -> float:
        """For how long its packets wait before the bottleneck."""

    def overused(self, now: float, within_s: float) -> bool:
        """Whether its own link has been found to be overused, not longer than that ago."""

    @property
    def arriving_bps(self) -> float:
        """What of it arrives at the moment."""

    @property
    def wanted_bps(self) -> float:
        """What would be sent if the link carried it."""

    def share(self, bitrate_bps: float, now: float) -> None:
        """So much of what the link carries is its own. Who wants no more, and has that, keeps what they have."""


class Member(Protocol):
    """Who sends a flow: a `Downlink`. None where nothing is told of what arrives."""

    @property
    def flow(self) -> Flow | None: ...
    def on_shared(self, now: float) -> None:
        """The flow has been given another share, because of another one."""


def shares(total_bps: float, wanted_bps: Sequence[float]) -> list[float]:
    """The same for all, but to nobody more than they want (max-min fairness)."""
    found = [0.0] * len(wanted_bps)
    left_bps = total_bps
    for done, index in enumerate(sorted(range(len(wanted_bps)), key=wanted_bps.__getitem__)):
        found[index] = min(wanted_bps[index], left_bps / (len(wanted_bps) - done))
        left_bps -= found[index]
    return found


class FlowGroups:
    """Of a node. A member is in the group of the address that it is at; `overused` tells of one whose link is."""

    __slots__ = ("_looked_at", "_members", "_places", "_shared_at")

    def __init__(self) -> None:
        self._members: dict[str, list[Member]] = {}
        self._places: dict[Member, str] = {}
        self._looked_at: dict[str, float] = {}
        self._shared_at: dict[str, float] = {}

    def join(self, member: Member, address: str) -> None:
        """It is at this IP address from now on."""
        self.leave(member)
        place = place_of(address)
        self._places[member] = place
        self._members.setdefault(place, []).append(member)

    def leave(self, member: Member) -> None:
        """It is nowhere any more. Idempotent."""
        place = self._places.pop(member, None)
        if place is None:
            return
        self._members[place].remove(member)
        if not self._members[place]:
            del self._members[place]
            self._looked_at.pop(place, None)
            self._shared_at.pop(place, None)

    def overused(self, member: Member, now: float) -> None:
        """Have all that share its bottleneck share what it carries; nothing happens to who is there alone."""
        place, flow = self._places.get(member), member.flow
        if place is None or flow is None or len(self._members[place]) < 2:
            return
        if flow.queue_s < QUEUE_S or flow.wanted_bps <= 0:
            return
        if now - self._shared_at.get(place, -math.inf) < AGAIN_S:
            return
        if now - self._looked_at.get(place, -math.inf) < LOOKED_AT_AFTER_S:
            return
        self._looked_at[place] = now
        together = [
            (one, other)
            for one in self._members[place]
            if (other := one.flow) is not None and (one is member or _waits_as_long(other, flow, now))
        ]
        if len(together) < 2:
            return
        self._shared_at[place] = now
        carried_bps = sum(other.arriving_bps for _, other in together)
        found = shares(SHARED * carried_bps, [other.wanted_bps for _, other in together])
        for (_, other), bitrate_bps in zip(together, found, strict=True):
            other.share(bitrate_bps, now)
        for one, _ in together:
            if one is not member:
                one.on_shared(now)


def _waits_as_long(other: Flow, flow: Flow, now: float) -> bool:
    if now - other.heard_at >= HEARD_S or other.arriving_bps <= 0 or other.wanted_bps <= 0:
        return False
    return ALIKE * flow.queue_s <= other.queue_s <= flow.queue_s / ALIKE and other.overused(now, TOGETHER_S)


def place_of(address: str) -> str:
    """What those behind one connection have in common: an IPv4 address, or the first half of an IPv6 one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((int(parsed), IPV6_PREFIX), strict=False))
