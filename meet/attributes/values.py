"""How the values of attributes are written: each function reads one kind, from a link's text or a token's JSON.

All raise `ValueError` with what would be right, to be put behind "must be".
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from meet.accounts.interpreted import canonical
from meet.accounts.tokens import FIRST_MILLISECONDS
from rooms.state.names import visible_name

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
# ISO 8601 in its extended and its basic format, with a blank for the T as in RFC 3339 section 5.6.
_ISO_8601: Final = re.compile(
    r"(\d{4})(-?)(\d\d)\2(\d\d)[Tt ](\d\d)(:?)(\d\d)(?:\6(\d\d)(?:[.,](\d{1,9}))?)?"
    r"\s?(?:[Zz]|([+\-\u2212])(\d\d)(?::?(\d\d))?)?",
    re.ASCII,
)
_WHOLE: Final = re.compile(r"(\d{1,40})(?:\.0*)?", re.ASCII)
_SPELLINGS: Final = {"true": True, "_true": True, "1": True, "false": False, "_false": False, "0": False}
_A_TIME: Final = "a time such as 2030-06-21T10:00:00.0Z, or milliseconds since 1970"


def boolean(value: Any) -> bool:
    """`true` or `false` in any case, or 1 or 0; the tutorial writes `_true` in one place."""
    if isinstance(value, int | float) and value in {0, 1}:
        return bool(value)
    lowered = value.strip().lower() if isinstance(value, str) else ""
    if lowered not in _SPELLINGS:
        raise ValueError("true or false")
    return _SPELLINGS[lowered]


def number(value: Any) -> int:
    """A whole number from 0, also with a fraction of zeros; beyond what JavaScript can hold it is no number."""
    value = _whole(value)
    known = isinstance(value, str | int) and not isinstance(value, bool) and not _beyond(value)
    match = _WHOLE.fullmatch(str(value).strip()) if known else None
    if match is None or len(match[1]) > len(str(MAX_NUMBER)):
        raise ValueError("a whole number, not negative")
    return min(int(match[1]), MAX_NUMBER)


def text(value: Any) -> str:
    """Any text; a whole number in a token's JSON counts as its digits."""
    value = _whole(value)
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


def language(*choices: str) -> Callable[[Any], str]:
    """One of some languages, as a tag with or without a region or script (RFC 5646): `de-AT` and `de_AT` are `de`."""
    read_one = one_of(*choices)

    def read(value: Any) -> str:
        return read_one(primary_language(value) if isinstance(value, str) else value)

    return read


def language_tag(value: Any) -> str:
    """A language tag (RFC 5646) as it is spelt."""
    return canonical(value if isinstance(value, str) else "")


def primary_language(tag: str) -> str:
    """The language of a tag, in lower case."""
    return re.split("[-_]", tag.strip(), maxsplit=1)[0].lower()


def role(value: Any) -> str:
    """A privileged role, empty for a participant like others."""
    found = value.strip().lower() if isinstance(value, str) else value
    return "" if found == "participant" else one_of("moderator", "interpreter")(found)


def time_ms(value: Any) -> int:
    """A moment as Unix time in ms: given so, in seconds, or in ISO 8601 (UTC where it names no offset)."""
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        value = _number_of_time(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not 0 <= value <= MAX_NUMBER:
            raise ValueError(_A_TIME)
        return int(value if value >= FIRST_MILLISECONDS else value * 1000)
    match = _ISO_8601.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(_A_TIME)
    year, _, month, day, hour, _, minute, second, fraction, sign, hours, minutes = match.groups()
    offset = f"{'+' if sign == '+' else '-'}{hours}:{minutes or '00'}" if sign else "+00:00"
    try:
        moment = dt.datetime.fromisoformat(f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}{offset}")
        return int(moment.timestamp()) * 1000 + int(f"{fraction or '':0<3}"[:3])
    except (ValueError, OverflowError) as error:
        raise ValueError(_A_TIME) from error


def _number_of_time(text: str) -> int:
    try:
        return number(text)
    except ValueError as error:
        raise ValueError(_A_TIME) from error


def _whole(value: Any) -> Any:
    """A whole number that JSON wrote with a fraction, such as 10.0, as what it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _beyond(value: str | int) -> bool:
    """A number that JavaScript can't hold, and whose digits Python may refuse to write."""
    return isinstance(value, int) and abs(value) > MAX_NUMBER
