"""Display names as everybody gets to see them."""

from __future__ import annotations

import unicodedata
from typing import Final

MAX_NAME_LENGTH: Final = 64
NAMELESS: Final = "Guest"

# Zero-width joiner and non-joiner: emoji and several scripts need these two of the format characters.
_JOINERS: Final = "\u200c\u200d"
# Letters and symbols by category, and blank all the same.
_BLANKS: Final = "\u115f\u1160\u2800\u3164\uffa0"
# Control, surrogate, unassigned, private and format characters. Among the last are the bidirectional overrides:
# with them a name could turn its surroundings around.
_UNSEEN: Final = frozenset({"Cc", "Cs", "Cn", "Co", "Cf"})


def clean_name(name: str) -> str:
    """The name as `visible_name` gives it, `Guest` where nothing is to be seen."""
    return visible_name(name) or NAMELESS


def visible_name(name: str) -> str:
    """Without control characters and doubled blanks, at most 64 characters; empty where nothing is to be seen."""
    kept = "".join(
        " " if character.isspace() or character in _BLANKS else character
        for character in name
        if character.isspace() or character in _JOINERS or unicodedata.category(character) not in _UNSEEN
    )
    short = " ".join(unicodedata.normalize("NFC", kept).split())[:MAX_NAME_LENGTH].strip()
    seen = any(unicodedata.category(character)[0] in "LNPS" for character in short)
    return short if seen else ""
