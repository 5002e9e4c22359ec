"""What one SFU has counted since its start, of all that was and is on its transports.

Tracks count for themselves, as they must anyway; what they came to is added here when they end. Only what is rare is
counted here as it happens: handshakes, and feedback that asks for something.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from media.stats import ConsumerStats, ProducerStats

# Upper bounds of how long a handshake took, in seconds.
HANDSHAKE_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass
class Totals:
    """Sums over tracks, by kind (`audio`, `video`); octets are of payloads."""

    packets_received: Counter[str] = field(default_factory=Counter)
    bytes_received: Counter[str] = field(default_factory=Counter)
    packets_lost: Counter[str] = field(default_factory=Counter)
    packets_repaired: Counter[str] = field(default_factory=Counter)
    packets_discarded: Counter[str] = field(default_factory=Counter)
    packets_sent: Counter[str] = field(default_factory=Counter)
    bytes_sent: Counter[str] = field(default_factory=Counter)
    packets_resent: Counter[str] = field(default_factory=Counter)
    packets_over_limit: int = 0

    def add_producer(self, stats: ProducerStats) -> None:
        """A track from a client."""
        for stream in stats.streams:
            self.packets_received[stats.kind] += stream.packets_received
            self.bytes_received[stats.kind] += stream.bytes_received
            self.packets_lost[stats.kind] += max(0, stream.packets_lost)
            self.packets_repaired[stats.kind] += stream.packets_repaired
            self.packets_discarded[stats.kind] += stream.packets_discarded

    def add_consumer(self, stats: ConsumerStats) -> None:
        """A track to a client."""
        self.packets_sent[stats.kind] += stats.packets_sent
        self.bytes_sent[stats.kind] += stats.bytes_sent
        self.packets_resent[stats.kind] += stats.packets_resent

    def copy(self) -> Totals:
        """The same sums, to go on with."""
        sums = {name: Counter(value) for name, value in vars(self).items() if isinstance(value, Counter)}
        return Totals(**sums, packets_over_limit=self.packets_over_limit)


@dataclass
class PipeTotals:
    """Of pipes to other nodes: packets of RTP, and octets of datagrams. `lost` did not come on request either."""

    sent: int = 0
    resent: int = 0
    octets_sent: int = 0
    received: int = 0
    octets_received: int = 0
    lost: int = 0

    def __add__(self, other: PipeTotals) -> PipeTotals:
        return PipeTotals(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


class Counts:
    """Of one SFU. `closed` is of tracks and transports that have ended, `closed_pipes` of pipes."""

    def __init__(self) -> None:
        self.closed = Totals()
        self.closed_pipes = PipeTotals()
        self.nacked_in = 0
        self.nacked_out = 0
        self.key_frames_in = 0
        self.key_frames_out = 0
        self.handshakes_begun = 0
        self.handshakes_failed = 0
        # How many took how long; the last place is for all that took longer.
        self.handshakes = [0] * (len(HANDSHAKE_BUCKETS) + 1)
        self.handshake_s = 0.0

    def handshake_done(self, took_s: float) -> None:
        """A DTLS handshake has come to its end."""
        self.handshakes[bisect_left(HANDSHAKE_BUCKETS, took_s)] += 1
        self.handshake_s += took_s
