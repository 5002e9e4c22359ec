"""Names of attributes that are spelt wrong: a page can't know them, and their makers should. Pure."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final

from meet.attributes.schema import Origin, specs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_WARNINGS: Final = 10
MAX_SHOWN: Final = 40
# How alike two names must be for one to be a slip of the other; 1 is the same.
ALIKE: Final = 0.8
# Claims that every token may have (RFC 7519 section 4.1); what others write for two of them.
REGISTERED: Final = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti"})
_TIMES: Final = {
    "exp": ("exp", "expires", "expiresat", "expiresin", "expiration", "expirationtime", "expiry"),
    "nbf": ("nbf", "notbefore"),
}

_NAMES: Final = {name: spec for _, spec, _ in specs() for name in (spec.name, *spec.aliases)}
_FOLDED: Final = {name.lower(): name for name in reversed(_NAMES)}
# A name that somebody may choose opens no door, so `displayname` is but a slip.
_RESTRICTING: Final = {
    **{
        name.lower(): spec.name
        for name, spec in _NAMES.items()
        if Origin.JWT in spec.restricts and spec.name != "displayName"
    },
    **{written: claim for claim, spellings in _TIMES.items() for written in spellings},
}


def folded(name: str) -> str:
    """A name without what people get wrong in it: `waiting_room` and `WaitingRoom` are the same."""
    return "".join(character for character in name.lower() if character.isalnum())


def meant(name: str, known: Iterable[str] = _FOLDED) -> str:
    """The attribute that a name looks like, empty where it looks like none."""
    close = difflib.get_close_matches(folded(name[: 2 * MAX_SHOWN]), [*known], n=1, cutoff=ALIKE)
    return _FOLDED[close[0]] if close else ""


def unknown(name: str) -> str:
    """A sentence about a name that no attribute has."""
    guess = meant(name)
    tail = f" (did you mean {guess}?)." if guess else ": docs/attributes.md lists all."
    return f"There is no attribute {name[:MAX_SHOWN]!r}{tail}"


def misspelt_restriction(claims: Mapping[str, Any]) -> tuple[str, str]:
    """A token's restriction that would have no effect because of its spelling, and the right one; empty for none."""
    for name in claims:
        right = _RESTRICTING.get(folded(name))
        if right and name not in _NAMES and name not in REGISTERED and right not in claims:
            return name, right
    return "", ""


def spelling_warnings(query: Mapping[str, str], claims: Mapping[str, Any]) -> list[str]:
    """A line for each name in a link that no attribute has, and for each in a token that looks like one."""
    in_link = [unknown(name) for name in query if name not in _NAMES]
    in_token = [unknown(name) for name in claims if name not in _NAMES and name not in REGISTERED and meant(name)]
    return [*in_link, *in_token][:MAX_WARNINGS]
