"""What statistics keep of a person (`meet.accounts.personal.Keeper`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from stats.models import Sample, Session

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from meet.accounts.personal import Person

KINDS: Final = ("sessions", "samples")
READ_AT_ONCE: Final = 2000
_LEFT_OUT: Final = {"id", "account_id", "long"}


def count(person: Person) -> dict[str, int]:
    """Stays in rooms, and how good their connection was."""
    return {"sessions": _of(Session, person).count(), "samples": _of(Sample, person).count()}


def rows(person: Person) -> Iterator[tuple[str, dict[str, Any]]]:
    """As they stand in the tables."""
    for kind, model in zip(KINDS, (Session, Sample), strict=True):
        names = [field.attname for field in model._meta.concrete_fields if field.attname not in _LEFT_OUT]  # noqa: SLF001
        for row in _of(model, person).values(*names).iterator(READ_AT_ONCE):
            yield kind, row


def erase(person: Person, now: dt.datetime) -> None:  # noqa: ARG001 - the Keeper's
    """The sums of each day stay: they name nobody."""
    for model in (Sample, Session):
        found = _of(model, person)
        found._raw_delete(found.db)  # noqa: SLF001 - by one statement, without loading them first


def is_in_a_room(person: Person) -> bool:
    """Whether somebody with this id is in a meeting at the moment."""
    return bool(_of(Session, person).filter(left_at=None).exists())


def rooms_of(person: Person) -> set[str]:
    """Where they have been, as far as that is kept."""
    return set(_of(Session, person).values_list("room_id", flat=True).distinct())


def _of(model: Any, person: Person) -> Any:
    return model.objects.filter(account=person.account, peer_id=person.peer_id).order_by()
