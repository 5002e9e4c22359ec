"""What is kept of events that tell of a person (`meet.accounts.personal.Keeper`)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from rooms.webhooks.models import Attempt, Delivery

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from django.db.models import QuerySet

    from meet.accounts.personal import Person

KINDS: Final = ("deliveries",)
BATCH: Final = 500


def count(person: Person) -> dict[str, int]:
    """Events for the account's servers, told or still to be told."""
    return {"deliveries": _named(person).count() + sum(1 for _ in _older(person))}


def rows(person: Person) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is told, and when."""
    for delivery in _of(person):
        yield (
            "deliveries",
            {
                "room_id": delivery.room_id,
                "event": delivery.kind,
                "happened_at": delivery.happened_at,
                "state": delivery.state,
                "body": delivery.body,
            },
        )


def erase(person: Person, now: dt.datetime) -> None:  # noqa: ARG001 - the Keeper's
    """With all attempts. What was to be told is told no more."""
    keys = [delivery.pk for delivery in _of(person)]
    for start in range(0, len(keys), BATCH):
        some = keys[start : start + BATCH]
        Attempt.objects.filter(delivery__in=some).delete()
        Delivery.objects.filter(pk__in=some).delete()


def _of(person: Person) -> Iterator[Delivery]:
    yield from _named(person).iterator(BATCH)
    yield from _older(person)


def _named(person: Person) -> QuerySet[Delivery]:
    return Delivery.objects.filter(endpoint__account=person.account, peer_id=person.peer_id).order_by("pk")


def _older(person: Person) -> Iterator[Delivery]:
    """Those that the last release wrote while this one was installed already, by their bodies; soon there are none."""
    text = json.dumps(person.peer_id, ensure_ascii=False)
    found = Delivery.objects.filter(
        endpoint__account=person.account, peer_id__isnull=True, body__contains=f'"peerId":{text}'
    )
    for delivery in found.order_by("pk").iterator(BATCH):
        if json.loads(delivery.body).get("peerId") == person.peer_id:
            yield delivery
