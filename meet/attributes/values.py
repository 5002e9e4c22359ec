"""How the values of attributes are written: each function reads one kind, from a link's text or a token's JSON.

All raise `ValueError` with what would be right, to be put behind "must be".
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from meet.accounts.tokens import FIRST_MILLISECONDS
from rooms.names import visible_name

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_ID_LENGTH: Final = 128
MAX_TEXT_LENGTH: Final = 4096
# Parts of a ticket, and a ticket may have 8192 characters.
MAX_URL_LENGTH: Final = 2000
MAX_HEADER_LENGTH: Final = 1000
MAX_NUMBER: Final = 2**53
# What RFC 3986 allows in an address beside letters and digits, and "%" itself.
_URL_CHARACTERS: Final = "%-._~:/?#[]@!$&'()*+,;="
_ISO_8601: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?")
_A_TIME: Final = "a time such as 2030-06-21T10:00:00.0Z, or milliseconds since 1970"


def boolean(value: Any) -> bool:
    """`true` or `false` in any case; the tutorial writes `_true` in one place."""
    if isinstance(value, bool):
        return value
    words = {"true": True, "_true": True, "false": False}
    lowered = value.strip().lower() if isinstance(value, str) else ""
    if lowered not in words:
        raise ValueError("true or false")
    return words[lowered]


def number(value: Any) -> int:
    """A whole number from 0."""
    digits = str(value).strip() if isinstance(value, str | int) and not _beyond(value) else ""
    if isinstance(value, bool) or not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(MAX_NUMBER)):
        raise ValueError("a whole number, not negative")
    return min(int(digits), MAX_NUMBER)


def text(value: Any) -> str:
    """Any text; a number in a token's JSON counts as its digits."""
    known = isinstance(value, str | int) and not isinstance(value, bool) and not _beyond(value)
    if not known or len(str(value)) > MAX_TEXT_LENGTH:
        raise ValueError(f"a text of at most {MAX_TEXT_LENGTH} characters")
    return str(value).strip()


def identifier(value: Any) -> str:
    """1 to 128 printable characters."""
    found = text(value)
    if not found.isprintable() or not 0 < len(found) <= MAX_ID_LENGTH:
        raise ValueError(f"1 to {MAX_ID_LENGTH} printable characters")
    return found


def name(value: Any) -> str:
    """A display name, cleaned; empty if nothing of it can be seen."""
    return visible_name(text(value))


def https_url(value: Any) -> str:
    """An absolute https address without credentials in it; characters that need escaping are escaped."""
    given = text(value)
    found = ""
    try:
        found = quote(given, safe=_URL_CHARACTERS)  # raises for half a surrogate pair
        parts = urlsplit(found)
        valid = parts.scheme == "https" and bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        valid = False
    if not valid or len(found) > MAX_URL_LENGTH:
        raise ValueError(f"an address that begins with https://, with at most {MAX_URL_LENGTH} characters")
    return found


def header(value: Any) -> str:
    """The value of an HTTP header (RFC 9110 section 5.5), without the parts that are obsolete."""
    found = text(value)
    if not found.isascii() or not found.isprintable() or len(found) > MAX_HEADER_LENGTH:
        raise ValueError(f"printable ASCII characters, {MAX_HEADER_LENGTH} at most, as in an HTTP header")
    return found


def one_of(*choices: str) -> Callable[[Any], str]:
    """One of some words, in any case."""

    def read(value: Any) -> str:
        found = value.strip().lower() if isinstance(value, str) else ""
        if found not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return found

    return read


def time_ms(value: Any) -> int:
    """A moment as Unix time in ms: given so, in seconds, or in ISO 8601 (UTC where it names no offset)."""
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = number(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not 0 <= value <= MAX_NUMBER:
            raise ValueError(_A_TIME)
        return int(value if value >= FIRST_MILLISECONDS else value * 1000)
    match = _ISO_8601.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(_A_TIME)
    try:
        moment = dt.datetime.fromisoformat(match[1] + (match[3] or "Z"))
        return int(moment.timestamp()) * 1000 + int(f"{match[2] or '':0<3}"[:3])
    except (ValueError, OverflowError) as error:
        raise ValueError(_A_TIME) from error


def _beyond(value: str | int) -> bool:
    """A number that JavaScript can't hold, and whose digits Python may refuse to write."""
    return isinstance(value, int) and abs(value) > MAX_NUMBER
