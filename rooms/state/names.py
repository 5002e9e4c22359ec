"""Display names as everybody gets to see them."""

from __future__ import annotations

import unicodedata
from typing import Final

from rooms.state.graphemes import BLANKS, is_visible, shortened

# In what people see as characters; a family's emoji has seven code points.
MAX_NAME_LENGTH: Final = 64
# What is kept of it, in code points: marks above a letter have no end, and tables and tickets do.
MAX_NAME_CODE_POINTS: Final = 256
NAMELESS: Final = "Guest"

# Zero-width joiner and non-joiner: emoji and several scripts need these two of the format characters.
_JOINERS: Final = "\u200c\u200d"
# Control, surrogate, unassigned, private and format characters. Among the last are the bidirectional overrides:
# with them a name could turn its surroundings around.
_UNSEEN: Final = frozenset({"Cc", "Cs", "Cn", "Co", "Cf"})


def clean_name(name: str) -> str:
    """The name as `visible_name` gives it, `Guest` where nothing is to be seen."""
    return visible_name(name) or NAMELESS


def visible_name(name: str) -> str:
    """Without control characters and doubled blanks, at most 64 characters as people see them.

    Empty where nothing is to be seen.
    """
    kept = "".join(
        " " if character.isspace() or character in BLANKS else character
        for character in name
        if character.isspace() or character in _JOINERS or unicodedata.category(character) not in _UNSEEN
    )
    tidy = " ".join(unicodedata.normalize("NFC", kept).split())
    short = shortened(tidy, MAX_NAME_LENGTH, MAX_NAME_CODE_POINTS).strip()
    return short if is_visible(short) else ""
