"""What the work at hand is about: ids that follow it through threads, tasks and queues, for logs and traces."""

from __future__ import annotations

import re
import secrets
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# The header by which a caller names a request, and by which the answer repeats the name.
REQUEST_ID_HEADER: Final = "X-Request-ID"
MAX_REQUEST_ID: Final = 64
_REQUEST_ID: Final = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{MAX_REQUEST_ID - 1}}}")


class About(NamedTuple):
    """Empty where nothing is known. `account` is its number, `request` what `X-Request-ID` says."""

    request: str = ""
    account: str = ""
    room: str = ""
    peer: str = ""


_NOTHING: Final = About()
_about: Final[ContextVar[About]] = ContextVar("about", default=_NOTHING)


def current() -> About:
    """What the work at hand is about."""
    return _about.get()


def start(about: About) -> None:
    """This task or thread is about this, and about nothing of what was before."""
    _about.set(about)


def tell(
    *, request: str | None = None, account: str | None = None, room: str | None = None, peer: str | None = None
) -> None:
    """Say more of it, until this task or thread ends."""
    known = {"request": request, "account": account, "room": room, "peer": peer}
    _about.set(_about.get()._replace(**{name: text for name, text in known.items() if text is not None}))


@contextmanager
def about(about: About) -> Iterator[None]:
    """For the length of a block, nothing but this."""
    token = _about.set(about)
    try:
        yield
    finally:
        _about.reset(token)


def request_id(text: str | None) -> str:
    """The name that a caller has given to a request, if it may be one; else a new one."""
    return text if text and _REQUEST_ID.fullmatch(text) else secrets.token_hex(8)
