"""Which packets of a received stream to ask for again (RFC 4585 section 6.2.1)."""

from __future__ import annotations

from typing import Final

MAX_RETRIES: Final = 10
MAX_MISSING: Final = 500
MAX_AGE_PACKETS: Final = 2000
# A jump of more than this is a restart of the sender, not a loss.
MAX_GAP: Final = 1000


class _Missing:
    __slots__ = ("asked_at_ms", "retries")

    def __init__(self) -> None:
        self.asked_at_ms = -1.0
        self.retries = 0


class NackGenerator:
    """`keyframe_needed` becomes True when repairs are hopeless; who acts on it sets it back."""

    __slots__ = ("_highest", "_missing", "keyframe_needed")

    def __init__(self) -> None:
        self._highest: int | None = None
        self._missing: dict[int, _Missing] = {}
        self.keyframe_needed = False

    @property
    def pending(self) -> bool:
        """Whether anything is missing."""
        return bool(self._missing)

    def received(self, number: int, *, is_keyframe: bool, is_recovered: bool) -> None:
        """The packet with this extended sequence number came, by itself or (`is_recovered`) as a retransmission."""
        highest = self._highest
        if highest is None:
            self._highest = number
            return
        if number <= highest:
            self._missing.pop(number, None)
            return
        if is_recovered:
            # A retransmission of what was never missed: order is not to be learnt from it.
            return
        self._highest = number
        if number - highest > MAX_GAP:
            self._missing.clear()
            self.keyframe_needed = True
            return
        for lost in range(highest + 1, number):
            self._missing[lost] = _Missing()
        self._forget(number, is_keyframe=is_keyframe)

    def _forget(self, number: int, *, is_keyframe: bool) -> None:
        if is_keyframe and len(self._missing) > MAX_MISSING // 2:
            # What a keyframe makes needless is not worth repairing when much is lost.
            self._missing = {lost: state for lost, state in self._missing.items() if number - lost < 50}
        if len(self._missing) > MAX_MISSING:
            self._missing.clear()
            self.keyframe_needed = True
        elif self._missing and number - next(iter(self._missing)) > MAX_AGE_PACKETS:
            self._missing = {lost: state for lost, state in self._missing.items() if number - lost <= MAX_AGE_PACKETS}

    def due(self, now_ms: float, rtt_ms: float = 100.0) -> list[int]:
        """Sequence numbers to ask for now: at once, then once a round trip, `MAX_RETRIES` times."""
        asked: list[int] = []
        given_up: list[int] = []
        for number, state in self._missing.items():
            if state.asked_at_ms >= 0 and now_ms - state.asked_at_ms < rtt_ms:
                continue
            if state.retries >= MAX_RETRIES:
                given_up.append(number)
                continue
            state.asked_at_ms = now_ms
            state.retries += 1
            asked.append(number & 0xFFFF)
        for number in given_up:
            del self._missing[number]
            self.keyframe_needed = True
        return asked
