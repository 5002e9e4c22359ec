"""The microphones of one room: who dominates, and whether only the loudest are forwarded."""

from __future__ import annotations

from typing import Final

from media.audio.dominant import dominant_speaker
from media.audio.loudest import LoudestFew
from media.audio.microphone import Microphone

# Look so often, and change the dominant speaker at most so often.
LOOK_S: Final = 0.3
STAYS_S: Final = 1.0


class Conversation:
    """Microphones are known by keys. With more than `all_up_to` of them open, the loudest are forwarded; 0: always all.

    `look` is to be called every `LOOK_S` as long as there is a microphone; it costs little while all are silent.
    """

    def __init__(self, all_up_to: int) -> None:
        self.dominant: str | None = None
        self._all_up_to = all_up_to
        self._microphones: dict[str, Microphone] = {}
        self._few: LoudestFew | None = None
        self._changed_at = float("-inf")

    def add(self, key: str, now: float, *, takes_part: bool, on: bool) -> Microphone:
        """One more microphone, to be told of each packet's level."""
        self.remove(key)
        microphone = self._microphones[key] = Microphone(now, takes_part=takes_part, on=on)
        return microphone

    def turn(self, key: str, now: float, *, on: bool) -> None:
        """A microphone is turned on or off; unknown ones are ignored."""
        microphone = self._microphones.get(key)
        if microphone is not None:
            microphone.on = on
            microphone.voice.forget(now)
            self._open_gate(microphone)

    def remove(self, key: str) -> None:
        """A microphone is gone, and can't dominate any more. Unknown ones are ignored."""
        microphone = self._microphones.pop(key, None)
        if microphone is not None:
            self._open_gate(microphone)
        if self.dominant == key:
            self.dominant = None

    def look(self, now: float) -> str | None:
        """Choose anew; returns the dominant speaker."""
        choosable = {key: one for key, one in self._microphones.items() if one.on and one.takes_part}
        self._choose(choosable, now)
        if now - self._changed_at >= STAYS_S:
            voices = {key: one.voice for key, one in choosable.items()}
            dominant = dominant_speaker(self.dominant, voices, now)
            if dominant != self.dominant:
                self.dominant = dominant
                self._changed_at = now
        return self.dominant

    @property
    def loud(self) -> list[str]:
        """Those who are forwarded at the moment, of more than can be; empty where all are."""
        few = self._few
        if few is None:
            return []
        return [key for key, one in self._microphones.items() if one.gate is not None and few.holds(one.gate)]

    def _choose(self, choosable: dict[str, Microphone], now: float) -> None:
        """Close the gates of all who aren't among the loudest, or take all gates away."""
        if not self._all_up_to or len(choosable) <= self._all_up_to:
            if self._few is not None:
                self._few = None
                for microphone in self._microphones.values():
                    microphone.gate = None
            return
        if self._few is None:
            self._few = LoudestFew()
        for microphone in choosable.values():
            if microphone.gate is None:
                microphone.gate = self._few.gate(max(microphone.voice.frames), now)

    def _open_gate(self, microphone: Microphone) -> None:
        if self._few is not None and microphone.gate is not None:
            self._few.remove(microphone.gate)
        microphone.gate = None
