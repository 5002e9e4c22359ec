"""How many checks of somebody's network (`/check`) a node takes, so that nobody burns its bandwidth with them. Pure.

A check sends video to the node and gets it back, for seconds, in a room that nobody else can enter and that nobody
hears of: no statistics, no webhooks, no recordings.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from media.token_bucket import TokenBucket
from rooms.protocol.errors import Refused
from rooms.state.recent import Recent

# What one check may send, and gets back, in bits/s.
CHECK_BPS: Final = 2_500_000
# Five seconds each way, and time to connect on a bad network.
CHECK_S: Final = 30.0
# Over so many minutes an address has its checks.
PER_MINUTES: Final = 10
# So many run at once for one address, so that nobody keeps all others from checking.
AT_ONCE_PER_ADDRESS: Final = 2
# So many addresses are remembered, those that checked last.
MAX_COUNTED: Final = 20_000


@dataclass(frozen=True)
class CheckLimits:
    """`at_once` on one node, `per_address` in ten minutes; 0 for none at all."""

    at_once: int = 4
    per_address: int = 20


class Checks:
    """Which checks a node has taken. `now` is in seconds from anywhere; addresses are as in `rooms.runtime.quotas`."""

    def __init__(self, limits: CheckLimits) -> None:
        self._limits = limits
        self._running: Counter[str] = Counter()
        self._left: Recent[TokenBucket] = Recent(MAX_COUNTED)

    def begin(self, address: str, now: float) -> None:
        """Take one; then `end` must follow for the same address. Raises `Refused`."""
        limits = self._limits
        if not (limits.at_once and limits.per_address):
            raise Refused("notAllowed", "Checks of the connection are turned off on this server.")
        if self._running.total() >= limits.at_once:
            raise Refused("tooManyRequests", "Many people check their connection at the moment. Try again in a minute.")
        if self._running[address] >= AT_ONCE_PER_ADDRESS:
            raise Refused("tooManyRequests", "Others check your network at the moment. Try again in a minute.")
        most = limits.per_address
        left = self._left.get(address, TokenBucket(most / (60 * PER_MINUTES), most, now))
        if not left.spend(1, now):
            raise Refused("tooManyRequests", "Your network has been checked often. Try again in a few minutes.")
        self._left.keep(address, left)
        self._running[address] += 1

    def end(self, address: str) -> None:
        """One less is running."""
        self._running[address] -= 1
        if not self._running[address]:
            del self._running[address]
