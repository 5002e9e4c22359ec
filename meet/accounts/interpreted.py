"""The languages into which an account's meetings are interpreted: tags, and their names in these languages. Pure.

Source: the tutorial's "Language Interpretation (beta)"; tags are those of BCP 47 (RFC 5646, RFC 4647).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

# Those that an account begins with, in the tutorial's order.
INTERPRETED: Final = {
    "zh": "中文",
    "nl": "Nederlands",
    "en": "English",
    "fr": "Français",
    "de": "Deutsch",
    "lb": "Lëtzebuergesch",
    "pt": "Português",
    "es": "Español",
    "sv": "Svenska",
    "uk": "Українська",
}
# A list to choose from in a meeting. Each is a line of text in the account's row.
MAX_LANGUAGES: Final = 100
# Characters. RFC 5646 section 4.4.1 needs no more for a tag.
MAX_TAG: Final = 35
MAX_NAME: Final = 60
# RFC 5646 section 2.1 without what is grandfathered.
_TAG: Final = re.compile(
    r"(?P<language>[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}|\d{3}))?"
    r"(?P<rest>(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*(?:-[a-wyz\d](?:-[a-z\d]{2,8})+)*(?:-x(?:-[a-z\d]{1,8})+)?)",
    re.ASCII | re.IGNORECASE,
)


def canonical(tag: str) -> str:
    """A tag as RFC 5646 section 2.1.1 spells it; `pt_br` is `pt-BR`. Raises `ValueError` with what would be right."""
    found = _TAG.fullmatch(tag.strip().replace("_", "-")) if len(tag) <= MAX_TAG else None
    if found is None:
        raise ValueError(f"a language tag such as de or pt-BR, of at most {MAX_TAG} characters")
    parts = [found["language"].lower()]
    parts += [found["script"].title()] if found["script"] else []
    parts += [found["region"].upper()] if found["region"] else []
    return "-".join(parts) + found["rest"].lower()


def lookup(tag: str, languages: Collection[str]) -> str:
    """The language that is meant, also where only the tag without its last parts is there (RFC 4647 section 3.4).

    Empty for none.
    """
    parts = tag.split("-")
    while parts and "-".join(parts) not in languages:
        parts.pop()
        if parts and len(parts[-1]) == 1:
            parts.pop()
    return "-".join(parts)


def default_languages() -> str:
    """What an account begins with, as it is kept: a tag and a name a line."""
    return "\n".join(f"{tag} {name}" for tag, name in INTERPRETED.items())


def languages_of(kept: str) -> dict[str, str]:
    """The names of an account's languages by their tags."""
    lines = (line.partition(" ") for line in kept.splitlines())
    return {tag: name for tag, _, name in lines if tag and name}


def check_languages(text: str) -> str:
    """A list as somebody has written it, as it is to be kept. Raises `ValueError` with a sentence of what is wrong."""
    found: dict[str, str] = {}
    for number, line in enumerate(filter(None, map(str.strip, text.splitlines())), 1):
        tag, _, rest = line.partition(" ")
        try:
            tag = canonical(tag)
        except ValueError as error:
            raise ValueError(f"Line {number} must begin with {error}.") from error
        name = " ".join(rest.split())
        if not (0 < len(name) <= MAX_NAME and name.isprintable()):
            raise ValueError(f"Line {number}: the language's name must follow {tag}, {MAX_NAME} characters at most.")
        if tag in found:
            raise ValueError(f"{tag} is there twice.")
        found[tag] = name
    if len(found) > MAX_LANGUAGES:
        raise ValueError(f"There can be {MAX_LANGUAGES} languages at most.")
    return "\n".join(f"{tag} {name}" for tag, name in found.items())
