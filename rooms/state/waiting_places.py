"""Who has to make place in a room's waiting room when too many wait. Pure.

People with a token come first, and then each address gets its share: one machine that fills a waiting room makes place
for whoever comes from elsewhere, while a whole school may wait as long as nobody else wants to.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Origin:
    """Where somebody's connection comes from, and whether their link had a signed token."""

    address: str = ""
    token: bool = False


class Newcomer(Protocol):
    """A participant who wants to wait (`rooms.state.commands.Wait`)."""

    @property
    def peer_id(self) -> str: ...
    @property
    def origin(self) -> Origin: ...


class WaitingPlaces:
    """Everybody who waits, the first first."""

    def __init__(self) -> None:
        self._origins: dict[str, Origin] = {}

    def add(self, newcomer: Newcomer) -> None:
        """A participant waits."""
        self._origins[newcomer.peer_id] = newcomer.origin

    def remove(self, peer_id: str) -> None:
        """A participant does not wait any more."""
        self._origins.pop(peer_id, None)

    def displaced_by(self, newcomer: Newcomer) -> str | None:
        """Who makes place for somebody new: of those without a token from the address with most of them, the newest."""
        shares = Counter(origin.address for origin in self._origins.values() if not origin.token)
        if not shares:
            return None
        address, most = shares.most_common(1)[0]
        # Without a token somebody displaces only who has at least two places more: it must not go back and forth.
        if not newcomer.origin.token and most < shares[newcomer.origin.address] + 2:
            return None
        return next(
            peer_id
            for peer_id, origin in reversed(self._origins.items())
            if not origin.token and origin.address == address
        )
