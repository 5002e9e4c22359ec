"""What people see as one character (UAX #29: extended grapheme clusters), as far as names and messages need it. Pure.

The standard library has no table of grapheme breaks; general categories tell nearly all of them. Where they don't
(Indic conjuncts, prepended marks) a cluster is taken for two, which lets a text be a little shorter than it might be.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ZERO_WIDTH_JOINER: Final = "\u200d"
# Letters and symbols by category, and blank all the same.
BLANKS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0\U0001d159")
_EXTENDING: Final = frozenset({"Mn", "Me", "Mc"})


def clusters(text: str) -> Iterator[str]:
    """The text in pieces that must not be torn apart."""
    start = 0
    for at in range(1, len(text)):
        if not _holds_together(text, start, at):
            yield text[start:at]
            start = at
    if text:
        yield text[start:]


def shortened(text: str, length: int, code_points: int) -> str:
    """As much of its beginning as has at most so many clusters, and so many code points."""
    kept: list[str] = []
    size = 0
    for cluster in clusters(text):
        size += len(cluster)
        if len(kept) == length or size > code_points:
            break
        kept.append(cluster)
    return "".join(kept)


def is_visible(text: str) -> bool:
    """Whether there is anything to see."""
    return any(unicodedata.category(character)[0] in "LNPS" and character not in BLANKS for character in text)


def _holds_together(text: str, start: int, at: int) -> bool:
    """Whether there is no break before a place, in a cluster that began at `start`."""
    before, after = text[at - 1], text[at]
    if before == "\r":
        return after == "\n"
    if _extends(after):
        return unicodedata.category(before) != "Cc"
    if before == ZERO_WIDTH_JOINER:
        return at - start > 1 and _pictographic(after)
    if _regional(before) and _regional(after):
        return (at - start) % 2 == 1
    return _jamo(before, after)


def _extends(character: str) -> bool:
    return (
        unicodedata.category(character) in _EXTENDING
        or character in "\u200c\u200d"
        or "\U0001f3fb" <= character <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= character <= "\U000e007f"  # tags, in the flags of regions
    )


def _pictographic(character: str) -> bool:
    return unicodedata.category(character) == "So" or character in "\u203c\u2049\u2194\u2195"


def _regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _jamo(before: str, after: str) -> bool:
    """Parts of one Hangul syllable: a leading consonant, then a vowel, then a trailing consonant."""
    vowel, trailing = "\u1160" <= after <= "\u11a7", "\u11a8" <= after <= "\u11ff"
    if "\u1100" <= before <= "\u115f":
        return "\u1100" <= after <= "\u11a7" or "\uac00" <= after <= "\ud7a3"
    if "\u1160" <= before <= "\u11a7" or "\uac00" <= before <= "\ud7a3":
        return vowel or trailing
    return "\u11a8" <= before <= "\u11ff" and trailing
