"""What looks like a secret is taken out of what leaves this process for logs and error reports.

No code of ours logs a secret on purpose. This is for what libraries and errors repeat: an address with a password in
it, a request with its headers, a value that did not fit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

HIDDEN: Final = "[hidden]"
# Shorter values, such as an empty password or a port, would hide half of all lines.
MIN_SECRET: Final = 6
# Each pattern takes time in proportion to a text's length, whatever strangers have put into it: what begins with any
# number of characters is looked for once in a run of them, from its beginning.
# Names of headers, parameters and fields whose value is a secret.
_NAMES: Final = (
    r"(?:[\w-]*(?:password|passwd|passphrase|secret|token|ticket|credential|signature|authorization|api[-_]?key"
    r"|access[-_]?key|private[-_]?key|secret[-_]?key|session[-_]?id|sessionid|csrftoken|cookie|identity|event_header)"
    r"|(?:[\w-]*-)?(?:jwt|pwd|sig))\d{0,3}"
)
_PATTERNS: Final = (
    # An address's user and password (RFC 3986 section 3.2.1).
    (re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://)[^\s/@'\"<>]{1,300}@", re.IGNORECASE), rf"\1{HIDDEN}@"),
    # A header's scheme and what follows: Bearer, Basic, APIKey, Token, AWS4-HMAC-SHA256 …
    (
        re.compile(r"\b(Bearer|Basic|APIKey|Token|Digest|AWS4-HMAC-SHA256)(\s+)[^\s,;'\"]{6,}", re.IGNORECASE),
        rf"\1\2{HIDDEN}",
    ),
    # name=value, name: value, "name": "value", in text, JSON, reprs and query strings.
    (
        re.compile(
            rf"(?<![\w-])({_NAMES})(['\"]?\s{{0,3}}(?:=|:|=>|%3D)\s{{0,3}}b?)"
            r"(\"[^\"]{0,4000}\"|'[^']{0,4000}'|[^\s&,;'\"\])}>]{1,4000})",
            re.IGNORECASE,
        ),
        rf"\1\2{HIDDEN}",
    ),
    # JSON web tokens (RFC 7519), wherever they stand.
    (
        re.compile(r"(?<![\w-])(?=[\w-]+\.[\w-]{4,}\.)([\w-]*?-)?eyJ[\w-]{4,}\.[\w-]{4,}\.[\w-]*"),
        rf"\1{HIDDEN}",
    ),
    # What Django's signing makes: tickets, identities, sessions, signed addresses.
    (re.compile(r"(?<![\w.-])\.?[\w-]{16,}:[A-Za-z0-9]{6}:[\w-]{27,}"), HIDDEN),
    # Private keys.
    (
        re.compile(
            r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----(?:(?!-----BEGIN ).){0,8000}?"
            r"(?:-----END [A-Z ]{0,20}PRIVATE KEY-----|(?=-----BEGIN )|$)",
            re.DOTALL,
        ),
        HIDDEN,
    ),
)


class Redaction:
    """Takes out what is known to be secret (`secrets`, whole or as part of an address), and what looks like it."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {part for text in secrets for part in _parts(text) if len(part) >= MIN_SECRET}
        # The longest first: one may be the beginning of another.
        ordered = sorted(known, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def __call__(self, text: str) -> str:
        """The text without its secrets."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        return text


def _parts(text: str) -> Iterable[str]:
    """A secret setting's value, or of an address the password in it, as written and decoded."""
    try:
        password = urlsplit(text).password if "://" in text else None
    except ValueError:
        password = None
    if "://" in text:
        return (password, unquote(password)) if password else ()
    return (text, *(part.strip() for part in text.split(",")))  # some are lists
