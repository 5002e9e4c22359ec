"""How host names and origins are written. Pure; all raise `ValueError` with a sentence for who typed them."""

from __future__ import annotations

import re
from typing import Final

from meet.config import split_url

MAX_HOST_LENGTH: Final = 253
MAX_ORIGINS: Final = 50
MAX_HEADER_LENGTH: Final = 1000
_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_PORT: Final = re.compile(r":\d{1,5}")


def check_host(text: str) -> str:
    """A host name in lower case, and in ASCII as browsers send it (RFC 5890)."""
    name = text.strip().lower().rstrip(".")
    if set(name) & set("/:@?#*"):
        raise ValueError("Only the host name is needed, such as video.example.org: no https://, port or path.")
    try:
        name = name.encode("idna").decode()
    except UnicodeError as error:
        raise ValueError("This is no host name such as video.example.org.") from error
    if len(name) > MAX_HOST_LENGTH or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise ValueError("This is no host name such as video.example.org.")
    return name


def is_public_name(host: str) -> bool:
    """Whether a checked host name could be somebody's domain, unlike `localhost` and an IP address."""
    _, dot, last = host.rpartition(".")
    return bool(dot) and not last.isdigit()


def check_origins(text: str) -> list[str]:
    """Origins, separated by white space, as `frame-ancestors` takes them (CSP level 3, section 2.3.1).

    `https://*.example.org` stands for all hosts below example.org.
    """
    origins = list(dict.fromkeys(_origin(word) for word in text.split()))
    if len(origins) > MAX_ORIGINS:
        raise ValueError(f"{MAX_ORIGINS} origins are the most.")
    return origins


def check_callback(url: str, *, production: bool) -> str:
    """The address of somebody's own server that we are to call."""
    parts = split_url(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("This is no address such as https://example.org/check.")
    if production and parts.scheme != "https":
        raise ValueError("The address must begin with https://.")
    if parts.username is not None or parts.password is not None:
        raise ValueError("Put the name and password into the Authorization header, not into the address.")
    return url


def check_header(text: str) -> str:
    """The value of an Authorization header that somebody's own server gets; may be empty."""
    if len(text) > MAX_HEADER_LENGTH or not (text.isascii() and text.isprintable()):
        raise ValueError(f"A header has one line of ASCII characters, {MAX_HEADER_LENGTH} at most.")
    return text


def _origin(word: str) -> str:
    scheme, _, rest = word.lower().rstrip("/").partition("://")
    host, colon, port = rest.partition(":")
    wildcard = "*." if host.startswith("*.") else ""
    try:
        name = check_host(host.removeprefix("*."))
    except ValueError:
        name = ""
    if scheme not in {"http", "https"} or not name or (colon and not _PORT.fullmatch(f":{port}")):
        raise ValueError(f"{word[:100]!r} is no origin such as https://example.org.")
    return f"{scheme}://{wildcard}{name}{colon}{port}"
