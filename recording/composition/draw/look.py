"""Colours and marks of a video: the page's, on dark ground (`static/src/ui/styles/tokens.css`), and the account's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from recording.composition.draw.typeface import drawable

Colour = tuple[int, int, int]

BACKGROUND: Final[Colour] = (0x0F, 0x14, 0x16)
TILE: Final[Colour] = (0x1C, 0x24, 0x27)
# Behind pictures that don't fill their place.
AROUND_PICTURE: Final[Colour] = (0x05, 0x08, 0x0A)
SPEAKING: Final[Colour] = (0x45, 0xCD, 0xB8)
TEXT: Final[Colour] = (0xFF, 0xFF, 0xFF)
FAINT: Final[Colour] = (0xA5, 0xB3, 0xB3)
LABEL: Final[Colour] = (9, 14, 15)
LABEL_OPACITY: Final = 0.72
MUTED: Final[Colour] = (0xFF, 0xB3, 0xAF)
MODERATOR: Final[Colour] = (0x7F, 0xE3, 0xD2)
HAND: Final[Colour] = (0xF3, 0xC0, 0x4C)
ON_HAND: Final[Colour] = (0x2F, 0x23, 0x00)
# White letters have a contrast of 5:1 or more on each of them; as in `static/src/ui/kit/Avatar.tsx`.
AVATARS: Final[tuple[Colour, ...]] = (
    (0x0C, 0x6B, 0x62),
    (0x1C, 0x5D, 0x99),
    (0x6D, 0x4A, 0xA8),
    (0xA3, 0x34, 0x5F),
    (0xA8, 0x44, 0x1D),
    (0x7D, 0x5A, 0x07),
    (0x3F, 0x6A, 0x24),
    (0x4A, 0x5A, 0x73),
)


@dataclass(frozen=True)
class Look:
    """Whose meetings these are: a name and a logo (a picture file's bytes), small in a corner; both may be missing."""

    name: str = ""
    logo: bytes | None = None

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to show."""
        return not self.name and self.logo is None


def avatar_colour(identity: str) -> Colour:
    """Somebody's colour, the same as on the page (FNV-1a of their id)."""
    hashed = 0x811C9DC5
    for character in identity:
        hashed = (hashed ^ ord(character)) * 0x01000193 & 0xFFFFFFFF
    return AVATARS[hashed % len(AVATARS)]


def initials(name: str) -> str:
    """One or two letters: of the first and the last word that have any. Empty where nothing can be drawn."""
    words = drawable(name).split()
    letters = [found.group() for word in words if (found := re.search(r"[^\W_]", word))]
    if not letters:
        return drawable(name)[:1]
    return drawable((letters[0] + (letters[-1] if len(letters) > 1 else "")).upper())
