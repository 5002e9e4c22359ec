"""How much one sender may make us do: a token bucket (RFC 2697's idea) that costs next to nothing a packet."""

from __future__ import annotations


class TokenBucket:
    """Full at first. `rate` is in tokens a second, `capacity` in tokens, `now` in seconds of any steady clock.

    `tokens` is filled up only when it seems to be empty, so that in a moment up to twice the capacity may pass.
    `least` is what anything costs at least, for callers on the packet path, who reckon with `tokens` themselves.
    """

    __slots__ = ("_at", "capacity", "least", "rate", "tokens")

    def __init__(self, rate: float, capacity: float, now: float, least: float = 0.0) -> None:
        self.rate = rate
        self.capacity = capacity
        self.least = least
        self.tokens = capacity
        self._at = now

    def has(self, cost: float, now: float) -> bool:
        """Whether so much may pass; nothing is taken yet."""
        if self.tokens >= cost:
            return True
        self.give((now - self._at) * self.rate)
        self._at = now
        return self.tokens >= cost

    def spend(self, cost: float, now: float) -> bool:
        """Take so much if it may pass."""
        if not self.has(cost, now):
            return False
        self.tokens -= cost
        return True

    def give(self, tokens: float) -> None:
        """Earned, by waiting or in another way; what is beyond the capacity is lost."""
        self.tokens = min(max(self.capacity, self.tokens), self.tokens + tokens)

    def grant(self, tokens: float) -> None:
        """Have at least so much, once, even if it is more than the capacity."""
        self.tokens = max(self.tokens, tokens)
