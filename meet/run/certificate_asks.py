"""For which names the front may get a certificate when somebody first comes, and how often it may try. Pure.

Whoever opens a connection chooses the name that it is for, so a stranger could have us ask the authority until it takes
no more orders of ours (Let's Encrypt: five failures for a name in an hour, 300 orders in three).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

# What is asked for within that time is answered from the same look into the database.
KNOWN_FOR_S: Final = 2.0
# Some at once, because Caddy asks again for each connection that comes while it waits for the authority.
TRIES_OF_A_NAME: Final = 5
NAME_EACH_S: Final = 900.0
TRIES_OF_ALL: Final = 50
ALL_EACH_S: Final = 90.0


class Answer(Enum):
    """`LATER` is for a name of ours that was tried too often."""

    YES = 200
    NOBODYS = 404
    LATER = 429


@dataclass
class _Tries:
    """A bucket that holds so many and gets one more each so many seconds."""

    most: int
    each_s: float
    left: float
    at: float

    def fill(self, now: float) -> bool:
        """Whether there is one."""
        self.left = min(self.most, self.left + (now - self.at) / self.each_s)
        self.at = now
        return self.left >= 1


class CertificateAsks:
    """Of one front. `names` are the accounts' domains; `has` tells whether a good certificate for one is there.

    `now` is in seconds, of a clock that only goes forward.
    """

    def __init__(self, names: Callable[[], Collection[str]], has: Callable[[str], bool]) -> None:
        self._names = names
        self._has = has
        self._known: Collection[str] = ()
        self._known_at: float | None = None
        self._of_all = _Tries(TRIES_OF_ALL, ALL_EACH_S, TRIES_OF_ALL, 0.0)
        self._of: dict[str, _Tries] = {}

    def answer(self, name: str, now: float) -> Answer:
        """Whether to get a certificate for this name now; that counts as a try where there is none."""
        if self._known_at is None or now >= self._known_at + KNOWN_FOR_S:
            self._known, self._known_at = self._names(), now
            self._of = {one: tries for one, tries in self._of.items() if one in self._known}
        if name not in self._known:
            return Answer.NOBODYS
        if self._has(name):
            return Answer.YES
        tries = self._of.setdefault(name, _Tries(TRIES_OF_A_NAME, NAME_EACH_S, TRIES_OF_A_NAME, now))
        if not (tries.fill(now) and self._of_all.fill(now)):
            return Answer.LATER
        tries.left -= 1
        self._of_all.left -= 1
        return Answer.YES
