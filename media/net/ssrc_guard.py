"""Keeps the SRTP session of one client from growing with every SSRC that the client makes up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.net.srtp import forget

if TYPE_CHECKING:
    from collections.abc import Container

    from pylibsrtp import Session

MAX_STRANGERS: Final = 32


class Strangers:
    """SSRCs that authentic packets came from though they belong to no producer, oldest first.

    libsrtp keeps keys and a replay window for each of them. Some are legitimate: receivers report from an SSRC of
    their own, and media may come before its producer is announced. Beyond `MAX_STRANGERS` the oldest is forgotten.
    """

    __slots__ = ("_known", "_seen", "_session")

    def __init__(self, session: Session, known: Container[int]) -> None:
        self._session = session
        self._known = known
        self._seen: dict[int, None] = {}

    def note(self, ssrc: int) -> None:
        """A packet with this SSRC passed the session; those in `known` don't count."""
        if ssrc in self._seen or ssrc in self._known:
            return
        self._seen[ssrc] = None
        if len(self._seen) > MAX_STRANGERS:
            oldest = next(iter(self._seen))
            del self._seen[oldest]
            if oldest not in self._known:
                forget(self._session, oldest)
