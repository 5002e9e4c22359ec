"""Which delivery is sent next: only a room's first open delivery to an endpoint can be leased.

So the order holds however many workers there are, and what a killed worker held is sent by another one.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from django.db.models import Count, Min

from meet.leases import Lease, free, held, leased, release, renew, take
from rooms.webhooks.models import Delivery, Endpoint, State

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from django.db.models import QuerySet

# Attempts at the same time: an endpoint that answers slowly, or not at all, leaves the other threads to others.
MOST_FOR_ONE: Final = 4
MOST_FOR_FAILING: Final = 1
MOST_AT_ONCE: Final = 200


def anything_due(now: dt.datetime) -> bool:
    """Whether it is worth while to look: cheap, and without a lock that others might wait for."""
    return Delivery.objects.filter(due_at__lte=now).exists()


def lease_due(now: dt.datetime, endpoint_id: int | None = None, most: int = MOST_AT_ONCE) -> list[Lease]:
    """What is due and nobody else's, the longest overdue first; of all endpoints, or of one."""
    heads = _heads().filter(**({} if endpoint_id is None else {"endpoint": endpoint_id}))
    due = (
        Delivery.objects.filter(free(now), pk__in=heads, due_at__lte=now, endpoint__active=True)
        .order_by("due_at", "pk")
        .values_list("pk", "endpoint")
    )
    room_for = _Capacity(now)
    chosen = [pk for pk, endpoint in due if room_for.one_more(endpoint)][:most]
    return _lease(chosen, now)


def lease_next(sent: Delivery, now: dt.datetime) -> Lease | None:
    """What to send after `sent`: the next to the same endpoint of the same room, or of another one."""
    head = _heads().filter(endpoint=sent.endpoint_id, room_id=sent.room_id)
    same_room = Delivery.objects.filter(free(now), pk__in=head, due_at__lte=now).values_list("pk", flat=True)
    leases = _lease(list(same_room), now) or lease_due(now, sent.endpoint_id, 1)
    return leases[0] if leases else None


def lease_by_hand(delivery_id: int, now: dt.datetime) -> Lease | None:
    """Any delivery, whatever its state and its turn; None while it is being sent."""
    owner = take(Delivery.objects.filter(pk=delivery_id), now)
    return Lease(delivery_id, owner) if owner else None


def take_up(lease: Lease, now: dt.datetime) -> Delivery | None:
    """The leased delivery, for half a minute from now; None if it is somebody else's or gone."""
    deliveries = Delivery.objects.all()
    return leased(deliveries, lease).first() if renew(deliveries, lease, now) else None


def leave(leases: Iterable[Lease]) -> None:
    """Release deliveries, so that others can send them at once."""
    for lease in leases:
        release(Delivery.objects.all(), lease)


def give_up_what_nobody_wants(now: dt.datetime) -> None:
    """What still waits for endpoints that have been turned off."""
    unwanted = Delivery.objects.filter(due_at__isnull=False, endpoint__active=False)
    if unwanted.exists():  # SQLite's one writer is not asked for nothing
        unwanted.update(state=State.GIVEN_UP, due_at=None, finished_at=now)


def _heads() -> QuerySet[Delivery, int]:
    """The keys of each room's first open delivery to each endpoint."""
    lanes = Delivery.objects.filter(due_at__isnull=False).order_by().values("endpoint", "room_id")
    return lanes.annotate(head=Min("pk")).values_list("head", flat=True)


def _lease(keys: list[int], now: dt.datetime) -> list[Lease]:
    """Those of them that nobody else was quicker to lease."""
    if not keys:
        return []
    owner = take(Delivery.objects.filter(pk__in=keys, due_at__isnull=False), now)
    if not owner:
        return []
    ours = Delivery.objects.filter(pk__in=keys, lease=owner).order_by("due_at", "pk")
    return [Lease(key, owner) for key in ours.values_list("pk", flat=True)]


class _Capacity:
    """How many more attempts each endpoint may have at the same time."""

    def __init__(self, now: dt.datetime) -> None:
        under_way = Delivery.objects.filter(held(now), due_at__isnull=False).order_by().values("endpoint")
        self._taken = Counter(dict(under_way.annotate(count=Count("pk")).values_list("endpoint", "count")))
        self._failing = set(Endpoint.objects.filter(failing_since__isnull=False).values_list("pk", flat=True))

    def one_more(self, endpoint: int) -> bool:
        """Take one, if there is one left."""
        most = MOST_FOR_FAILING if endpoint in self._failing else MOST_FOR_ONE
        self._taken[endpoint] += 1
        return self._taken[endpoint] <= most
