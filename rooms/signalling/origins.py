"""Which web pages may open a signalling connection (RFC 6455 section 10.2). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Container


def origin_allowed(origin: str | None, host: str | None, allowed: Container[str]) -> bool:
    """Whether a page of this origin may open a socket: our own host on any port, or one that is allowed.

    `host` is the request's Host header, or another host that our pages are known to be served under. Programs that
    are no browsers send no Origin, and have no cookies of ours to abuse either.
    """
    if origin is None or "*" in allowed or origin in allowed:
        return True
    if host is None:
        return False
    try:
        parts = urlsplit(origin)
        own = urlsplit(f"//{host}").hostname
    except ValueError:  # a bracket without its twin
        return False
    return parts.scheme in {"http", "https"} and parts.hostname is not None and parts.hostname == own
