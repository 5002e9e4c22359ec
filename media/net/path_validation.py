"""Whether the peer is really where its connectivity checks come from: until it is shown, little is sent there.

A sender's address can be forged, also by somebody with credentials of their own, who would make us send a room's video
to a third party. So a new path gets what RFC 9000 section 8 grants an address that is not validated: three times what
comes from there, and a few packets. It is proven by a receiver report that echoes the time stamp (LSR, RFC 3550 section
6.4.1) of a sender report which only the new path has seen, and which nobody can guess: each time stamp is set back by
up to a quarter of a second, and who guesses wrong isn't listened to for a while. More checks would prove nothing: their
senders' addresses can be forged as the first one's can.
"""

from __future__ import annotations

import secrets
from typing import Final, Generic, TypeVar

from media.token_bucket import TokenBucket

Path = TypeVar("Path")

# Bytes that go to unproven paths of one peer: at once, and a second. A phone that goes from one network to another gets
# a second of video until it has reported; for who pretends to be elsewhere it is not worth the while.
TRUST_OCTETS: Final = 64_000
TRUST_OCTETS_PER_S: Final = 1000
# RFC 9000 section 8.1.
AMPLIFICATION: Final = 3
# Of a time stamp's unit, 1/65536 s: so many may be set back.
LSR_SPREAD: Final = 1 << 14
LSR_SECOND: Final = 65536
DEAF_AFTER_WRONG_S: Final = 10.0
PROVEN_REMEMBERED: Final = 4


class Probation(Generic[Path]):
    """Of one peer. `now` is in seconds of any steady clock."""

    def __init__(self, now: float) -> None:
        self._trust = TokenBucket(TRUST_OCTETS_PER_S, TRUST_OCTETS, now)
        self._proven: dict[Path, None] = {}
        self._path: Path | None = None
        self._since = now
        self._deaf_until = now
        self.active = False

    def begin(self, path: Path, now: float) -> None:
        """The peer has moved to `path`."""
        self.active = path not in self._proven
        self._path = path
        self._since = now

    def prove(self, path: Path) -> None:
        """The peer has been shown to be there."""
        self._proven[path] = None
        if len(self._proven) > PROVEN_REMEMBERED:
            del self._proven[next(iter(self._proven))]
        if path == self._path or self._path is None:
            self.active = False

    def received(self, octets: int) -> None:
        """So many bytes of authentic packets came from there."""
        self._trust.give(AMPLIFICATION * octets)

    def spend(self, octets: int, now: float) -> bool:
        """So many bytes are sent there, or have been; whether more may be."""
        self._trust.tokens -= octets
        return self._trust.has(1, now)

    @staticmethod
    def set_back_s() -> float:
        """By how many seconds to set the next sender report's time back."""
        return secrets.randbelow(LSR_SPREAD) / LSR_SECOND

    def reported(self, lsr: int, sent_at: float | None, latest: tuple[int, float], now: float) -> bool:
        """A receiver report echoes `lsr`, of a sender report sent at `sent_at`, or of none that we remember.

        `latest` is the newest sender report's time stamp and when it was sent. Whether the path is proven now.
        """
        if now < self._deaf_until:
            return False
        if sent_at is None:
            age_s = ((latest[0] - lsr) & 0xFFFFFFFF) / LSR_SECOND
            if latest[1] - age_s >= self._since - 2 * LSR_SPREAD / LSR_SECOND:
                self._deaf_until = now + DEAF_AFTER_WRONG_S
            return False
        if sent_at < self._since or self._path is None:
            return False
        self.prove(self._path)
        return True
