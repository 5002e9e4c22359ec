"""Display names as everybody gets to see them."""

from __future__ import annotations

import unicodedata
from typing import Final

MAX_NAME_LENGTH: Final = 64
NAMELESS: Final = "Guest"


def clean_name(name: str) -> str:
    """Without control characters and doubled blanks, at most 64 characters; `Guest` for an empty one.

    Bidirectional overrides count as control characters: with them a name could turn its surroundings around.
    """
    kept = "".join(
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", name)
        if character.isspace() or unicodedata.category(character) not in {"Cc", "Cs", "Cn"}
        if character not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )
    return " ".join(kept.split())[:MAX_NAME_LENGTH].strip() or NAMELESS
