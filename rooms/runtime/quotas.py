"""How many connections a node takes from one address, and how many joins and people, by address and account. Pure.

An address is as `meet.client_address` tells it: of IPv6 the network, empty where it isn't known, and then not counted.
Hundreds of people may be behind one address, in an office or a school; their limits are the operator's to set.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final, TypeVar

from rooms.state.recent import Recent

K = TypeVar("K")

# So many addresses and accounts are remembered by their joins, those that joined last.
MAX_COUNTED: Final = 20_000
# An account's people come from many addresses.
ACCOUNT_JOINS: Final = 10
# Of what an account may have, people without a token may take so much; the rest is kept for those who have one.
SHARE_WITHOUT_TOKEN: Final = 0.8


@dataclass(frozen=True)
class Quotas:
    """What a node takes; 0 is any number.

    `sockets_per_address` are open at the same time, `people_per_account` inside rooms or in waiting rooms.
    `joins_per_minute` are from one address, and may come all at once; an account's are ten times as many.
    """

    sockets_per_address: int = 0
    people_per_account: int = 0
    joins_per_minute: int = 0


class Usage:
    """What of its quotas a node has given away. `now` is in seconds from anywhere."""

    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas
        self._sockets: Counter[str] = Counter()
        self._people: Counter[int] = Counter()
        self._joins: Recent[tuple[float, float]] = Recent(MAX_COUNTED)

    def connect(self, address: str) -> bool:
        """Whether one more connection from there is taken; then `disconnect` must follow."""
        most = self._quotas.sockets_per_address
        if most and address and self._sockets[address] >= most:
            return False
        self._sockets[address] += 1
        return True

    def disconnect(self, address: str) -> None:
        """A connection is gone."""
        _one_less(self._sockets, address)

    def join(self, address: str, account_id: int, now: float, *, token: bool) -> bool:
        """Whether somebody from there may try to come in now. Who has a token is counted apart from who has none."""
        most = self._quotas.joins_per_minute
        if not most:
            return True
        keys = {f"{token} account {account_id}": most * ACCOUNT_JOINS}
        if address:
            keys[f"{token} {address}"] = most
        counts = {key: self._left(key, allowed, now) - 1 for key, allowed in keys.items()}
        if min(counts.values()) < 0:
            return False
        for key, left in counts.items():
            self._joins.keep(key, (left, now))
        return True

    def enter(self, account_id: int, *, token: bool) -> bool:
        """Whether an account may have one more participant; then `leave` must follow."""
        most = self._quotas.people_per_account * (1.0 if token else SHARE_WITHOUT_TOKEN)
        if most and self._people[account_id] >= most:
            return False
        self._people[account_id] += 1
        return True

    def leave(self, account_id: int) -> None:
        """One less."""
        _one_less(self._people, account_id)

    def _left(self, key: str, allowed: int, now: float) -> float:
        left, since = self._joins.get(key, (float(allowed), now))
        return min(float(allowed), left + (now - since) * allowed / 60)


def _one_less(counts: Counter[K], key: K) -> None:
    counts[key] -= 1
    if counts[key] <= 0:
        del counts[key]
