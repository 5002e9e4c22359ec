"""Which packets of a received stream to ask for again (RFC 4585 section 6.2.1)."""

from __future__ import annotations

from collections import deque
from typing import Final

from media.receive.round_trip import INITIAL_WAIT_MS

MAX_RETRIES: Final = 10
MAX_MISSING: Final = 500
MAX_ANSWERS: Final = 32
MAX_AGE_PACKETS: Final = 2000
# A jump of more than this is a restart of the sender, not a loss.
MAX_GAP: Final = 1000


# Where the round trip is short, requests for one packet are apart by twice as much each time, up to this: a network
# that stands still for half a second needs as much patience near by as far away.
PATIENT_WAIT_MS: Final = 100.0


class _Missing:
    __slots__ = ("asked_at_ms", "asks", "first_asked_at_ms")

    def __init__(self) -> None:
        self.first_asked_at_ms = -1.0
        self.asked_at_ms = -1.0
        self.asks = 0


class NackGenerator:
    """`keyframe_needed` becomes True when repairs are hopeless; who acts on it sets it back.

    `answers` tells of packets that came by RTX: after how many ms since they were asked for first, and how often they
    were asked for. Who measures the round trip by it empties it; the newest `MAX_ANSWERS` are kept.
    """

    __slots__ = ("_highest", "_missing", "answers", "keyframe_needed")

    def __init__(self) -> None:
        self._highest: int | None = None
        self._missing: dict[int, _Missing] = {}
        self.keyframe_needed = False
        self.answers: deque[tuple[float, int]] = deque(maxlen=MAX_ANSWERS)

    @property
    def pending(self) -> bool:
        """Whether anything is missing."""
        return bool(self._missing)

    def received(self, number: int, now_ms: float, *, is_keyframe: bool, is_recovered: bool) -> bool:
        """The packet with this extended sequence number came, by itself or (`is_recovered`) as a retransmission.

        Whether that shows that packets are missing which nobody has missed before.
        """
        highest = self._highest
        if highest is None:
            self._highest = number
            return False
        if number <= highest:
            state = self._missing.pop(number, None)
            if state is not None and is_recovered and state.asks:
                self.answers.append((now_ms - state.first_asked_at_ms, state.asks))
            return False
        if is_recovered:
            # A retransmission of what was never missed: order is not to be learnt from it.
            return False
        self._highest = number
        if number - highest > MAX_GAP:
            self._missing.clear()
            self.keyframe_needed = True
            return True
        for lost in range(highest + 1, number):
            self._missing[lost] = _Missing()
        self._forget(number, is_keyframe=is_keyframe)
        return number - highest > 1 or self.keyframe_needed

    def _forget(self, number: int, *, is_keyframe: bool) -> None:
        if is_keyframe and len(self._missing) > MAX_MISSING // 2:
            # What a keyframe makes needless is not worth repairing when much is lost.
            self._missing = {lost: state for lost, state in self._missing.items() if number - lost < 50}
        if len(self._missing) > MAX_MISSING:
            self._missing.clear()
            self.keyframe_needed = True
        elif self._missing and number - next(iter(self._missing)) > MAX_AGE_PACKETS:
            self._missing = {lost: state for lost, state in self._missing.items() if number - lost <= MAX_AGE_PACKETS}

    def due(self, now_ms: float, rtt_ms: float = INITIAL_WAIT_MS) -> list[int]:
        """Sequence numbers to ask for now: at once, then once a round trip, `MAX_RETRIES` times in all.

        Where `rtt_ms` is short, the requests for one packet are further and further apart, up to `PATIENT_WAIT_MS`.
        """
        asked: list[int] = []
        given_up: list[int] = []
        for number, state in self._missing.items():
            if state.asks:
                wait_ms = max(rtt_ms, min(PATIENT_WAIT_MS, rtt_ms * 2 ** (state.asks - 1)))
                if now_ms - state.asked_at_ms < wait_ms:
                    continue
            else:
                state.first_asked_at_ms = now_ms
            if state.asks >= MAX_RETRIES:
                given_up.append(number)
                continue
            state.asked_at_ms = now_ms
            state.asks += 1
            asked.append(number & 0xFFFF)
        for number in given_up:
            del self._missing[number]
            self.keyframe_needed = True
        return asked
