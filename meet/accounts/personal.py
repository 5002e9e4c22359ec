"""What is kept of a person, somebody with an id in an account's rooms: the words that all who keep something share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from meet.accounts.models import Account


class Person(NamedTuple):
    """Whom it is about: the id that a link or token gave them, or that they got, in one account."""

    account: Account
    peer_id: str


class Keeper(Protocol):
    """A module that keeps something of people. `KINDS` are its names, as exports and answers have them."""

    KINDS: tuple[str, ...]

    def count(self, person: Person) -> dict[str, int]:
        """How much there is of each kind."""

    def rows(self, person: Person) -> Iterator[tuple[str, dict[str, Any]]]:
        """All of it: a kind, and what is in a row."""

    def erase(self, person: Person, now: dt.datetime) -> None:
        """Delete it, or what of it tells who they are. To be called in a transaction."""
