"""Keeps what is to be told, in the transaction in which it happened: nothing is lost, nothing told that never was."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone

from meet.accounts.encrypted import UnreadableSecretError
from meet.accounts.incidents import report
from meet.accounts.models import Account
from meet.wakeup import EVENTS, wake
from rooms.webhooks.health import INCIDENT
from rooms.webhooks.message import body_of
from rooms.webhooks.models import MAX_ENDPOINTS, Delivery, Endpoint
from rooms.webhooks.room_events import USUAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rooms.webhooks.room_events import RoomEvent


TOO_MANY: Final = "There are too many endpoints already: addresses that links name (apiEvent) are told nothing."
_AT_ONCE: Final = 500


def add(room_events: Sequence[RoomEvent]) -> None:
    """Keep one delivery for each endpoint that wants to know. To be called within a transaction, in the rooms' order.

    Two statements, however many there are; one more for a link's address that is new.
    """
    now = timezone.now()
    targets = _Targets({event.room.account_id for event in room_events})
    deliveries = [
        Delivery(
            endpoint=endpoint,
            room_id=event.room.room_id,
            kind=event.kind,
            body=body_of(event, extended=endpoint.account.extended_webhook_bodies),
            peer_id=event.peer_id,
            happened_at=dt.datetime.fromtimestamp(event.at_ms / 1000, dt.UTC),
            due_at=now,
        )
        for event in room_events
        for endpoint in targets.of(event)
    ]
    if deliveries:
        Delivery.objects.bulk_create(deliveries, batch_size=_AT_ONCE)
        transaction.on_commit(lambda: wake(EVENTS), robust=True)


class _Targets:
    """The endpoints of some accounts, looked up once."""

    def __init__(self, accounts: set[int]) -> None:
        self._overfull: set[int] = set()
        self._endpoints: defaultdict[int, list[Endpoint]] = defaultdict(list)
        # Not the secrets: they are not needed, and one that can't be read must not stop what is going on here.
        known = Endpoint.objects.filter(account__in=accounts).select_related("account")
        known = known.only("account__extended_webhook_bodies", "url", "kinds", "active", "from_link")
        for endpoint in known.order_by("pk") if accounts else ():
            self._endpoints[endpoint.account_id].append(endpoint)

    def of(self, event: RoomEvent) -> Iterator[Endpoint]:
        """Who is told: the account's own, and the one that the participant's link names."""
        registered = [one for one in self._endpoints[event.room.account_id] if not one.from_link and one.active]
        yield from (one for one in registered if event.kind in one.kinds)
        named = event.event_url and event.kind in USUAL
        if named and all(one.url != event.event_url for one in registered):
            endpoint = self._named_by_link(event)
            if endpoint is not None and endpoint.active:
                yield endpoint

    def _named_by_link(self, event: RoomEvent) -> Endpoint | None:
        """It becomes an endpoint of its own, so that developers see what was sent there; None for one too many."""
        known = self._endpoints[event.room.account_id]
        for one in known:
            if one.from_link and one.url == event.event_url and _has_header(one, event.event_header):
                return one
        if len(known) >= MAX_ENDPOINTS:
            self._complain(event.room.account_id)
            return None
        made = Endpoint.objects.create(
            account_id=event.room.account_id,
            url=event.event_url,
            header=event.event_header,
            from_link=True,
        )
        known.append(made)
        return made

    def _complain(self, account_id: int) -> None:
        """Once a batch."""
        if account_id not in self._overfull:
            self._overfull.add(account_id)
            report(Account(pk=account_id), INCIDENT, TOO_MANY, timezone.now())


def _has_header(endpoint: Endpoint, header: str) -> bool:
    try:
        return bool(endpoint.header == header)
    except UnreadableSecretError:
        return False
