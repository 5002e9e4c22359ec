"""Which microphones everybody has a consumer of, where there are many: those that may be forwarded soon. Pure.

Of many open microphones only the loudest few are forwarded (`media.audio`), and most people of a large room are silent
for all of it. A consumer for each of them at each would grow with the square of the room. So there is a bounded number
of places: whoever turns a microphone on has one as long as there is one that is off or empty; whoever is loud has one
anyway. A place is kept until somebody else needs it, so that who speaks now and then is heard from the first syllable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

# Consumers of microphones that each participant has; a description of one takes a kilobyte.
PLACES: Final = 20


class Change(NamedTuple):
    """Who gets a place, and who gives theirs up for it; both are keys."""

    new: str | None = None
    old: str | None = None


class Heard:
    """Microphones are known by keys. Those with a place are kept with the one that was on or loud last at the end."""

    def __init__(self, places: float = PLACES) -> None:
        self._places = places
        # Whether each is on.
        self._on: dict[str, bool] = {}
        self._placed: dict[str, None] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._placed

    def add(self, key: str, *, on: bool) -> Change:
        """One more microphone."""
        self._on[key] = on
        return self._place(key, evict_loud=False) if on or len(self._placed) < self._places else Change()

    def turn(self, key: str, *, on: bool) -> Change:
        """A microphone is turned on or off; unknown ones are ignored."""
        if key not in self._on:
            return Change()
        self._on[key] = on
        return self._place(key, evict_loud=False) if on else Change()

    def loud(self, keys: Iterable[str]) -> list[Change]:
        """These are being forwarded; unknown ones are ignored."""
        return [change for key in keys if key in self._on and (change := self._place(key, evict_loud=True)).new]

    def remove(self, key: str) -> None:
        """A microphone is gone, and its place with it. Unknown ones are ignored."""
        self._on.pop(key, None)
        self._placed.pop(key, None)

    def _place(self, key: str, *, evict_loud: bool) -> Change:
        if key in self._placed:
            self._placed[key] = self._placed.pop(key)  # the last one now
            return Change()
        old = None
        if len(self._placed) >= self._places:
            old = next((one for one in self._placed if not self._on[one]), None)
            if old is None and evict_loud:
                old = next(iter(self._placed))
            if old is None:
                return Change()
            del self._placed[old]
        self._placed[key] = None
        return Change(key, old)
