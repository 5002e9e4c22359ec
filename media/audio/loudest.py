"""Which of many open microphones are forwarded: the loudest few, and those who have just spoken.

Decided with each packet by its own level, so that a first syllable is not lost. Who is among the few keeps a seat
until silent for `HOLD_S`, until somebody is louder by a margin, or until their turn is over and somebody else speaks
clearly; who lost a seat is forwarded for `HOLD_S`, too.
"""

from __future__ import annotations

from typing import Final

# Seats, and as many more for those who have just lost theirs: more are never forwarded.
SEATS: Final = 3
# Silence for which who spoke is still forwarded: pauses between sentences, and the background that belongs to a voice.
HOLD_S: Final = 2.0
# So many dB over its background a microphone is loud.
LOUD_DB: Final = 9
# By how much somebody must be louder than the quietest seat's holder, who becomes quieter by so much in silence.
MARGIN_DB: Final = 6
DECAY_DB_PER_S: Final = 20.0
# Who is so many dB over their background is clearly speaking, and nobody is louder than that: what a sender says of its
# level may be anything. Those who are share the seats in turns: each has one for so long at least.
CLEAR_DB: Final = 30
TURN_S: Final = 2.0


class Gate:
    """Of one microphone, made by `LoudestFew`."""

    __slots__ = ("_few", "_strength", "_strength_at", "seated_at", "spoke_at")

    def __init__(self, few: LoudestFew) -> None:
        self.spoke_at = float("-inf")
        self.seated_at = float("-inf")
        self._few = few
        self._strength = 0.0
        self._strength_at = 0.0

    def admits(self, excess: int, now: float) -> bool:
        """Whether a packet with so many dB over the background is forwarded."""
        excess = min(excess, CLEAR_DB)
        if excess >= LOUD_DB and self._few.seats(self, excess, now):
            self.spoke_at = now
            self._strength = max(excess, self.strength(now))
            self._strength_at = now
            return True
        return self._few.holds(self) and now - self.spoke_at < HOLD_S

    def strength(self, now: float) -> float:
        """How loud it was, less what has faded since."""
        return self._strength - DECAY_DB_PER_S * (now - self._strength_at)


class LoudestFew:
    """Of one room; `gate` for each microphone."""

    __slots__ = ("_leaving", "_seated")

    def __init__(self) -> None:
        self._seated: list[Gate] = []
        self._leaving: list[Gate] = []

    def gate(self, excess: int, now: float) -> Gate:
        """For one more microphone, which was so many dB over its background in the last second at most."""
        gate = Gate(self)
        gate.admits(excess, now)
        return gate

    def remove(self, gate: Gate) -> None:
        """A microphone is off or gone. Idempotent."""
        for gates in (self._seated, self._leaving):
            if gate in gates:
                gates.remove(gate)

    def holds(self, gate: Gate) -> bool:
        """Whether a microphone has a seat, or has just lost it."""
        return gate in self._seated or gate in self._leaving

    def seats(self, gate: Gate, excess: int, now: float) -> bool:
        """Whether a loud microphone has a seat, or gets one now."""
        seated = self._seated
        if gate in seated:
            return True
        if len(seated) >= SEATS:
            quietest = min(seated, key=lambda other: other.strength(now))
            silent = now - quietest.spoke_at >= HOLD_S
            if not silent and excess < quietest.strength(now) + MARGIN_DB:
                quietest = seated[0]  # who has had it for longest
                if excess < CLEAR_DB or now - quietest.seated_at < TURN_S:
                    return False
            seated.remove(quietest)
            if not silent:
                self._leaving = [*self._leaving, quietest][-SEATS:]
        seated.append(gate)
        gate.seated_at = now
        if gate in self._leaving:
            self._leaving.remove(gate)
        return True
