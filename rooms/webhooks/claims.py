"""Who sends what: each delivery is claimed in the database before it is sent.

Only a room's first open delivery to an endpoint can be claimed, so the order holds however many workers there are. A
claim lasts for half a minute at a time: what a killed worker held is sent by another one after that.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from django.db.models import Count, Min, Q

from rooms.webhooks.models import Delivery, Endpoint, State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

# Several times as long as an attempt can take.
LEASE: Final = dt.timedelta(seconds=30)
# So much time may be left of a lease: workers' clocks may be apart by the difference.
LONGEST: Final = 2 * LEASE
# Attempts at the same time: an endpoint that answers slowly, or not at all, leaves the other threads to others.
MOST_FOR_ONE: Final = 4
MOST_FOR_FAILING: Final = 1
MOST_AT_ONCE: Final = 200


class Claim(NamedTuple):
    """The right to send a delivery."""

    delivery_id: int
    lease: str


def claim_due(now: dt.datetime, endpoint_id: int | None = None, most: int = MOST_AT_ONCE) -> list[Claim]:
    """What is due and nobody else's, the longest overdue first; of all endpoints, or of one."""
    heads = _heads().filter(**({} if endpoint_id is None else {"endpoint": endpoint_id}))
    due = (
        Delivery.objects.filter(_free(now), pk__in=heads, due_at__lte=now, endpoint__active=True)
        .order_by("due_at", "pk")
        .values_list("pk", "endpoint")
    )
    room_for = _Capacity(now)
    chosen = [pk for pk, endpoint in due if room_for.one_more(endpoint)][:most]
    return _claim(chosen, now)


def claim_next(sent: Delivery, now: dt.datetime) -> Claim | None:
    """What to send after `sent`: the next to the same endpoint of the same room, or of another one."""
    head = _heads().filter(endpoint=sent.endpoint_id, room_id=sent.room_id)
    same_room = Delivery.objects.filter(_free(now), pk__in=head, due_at__lte=now).values_list("pk", flat=True)
    claims = _claim(list(same_room), now) or claim_due(now, sent.endpoint_id, 1)
    return claims[0] if claims else None


def claim_by_hand(delivery_id: int, now: dt.datetime) -> Claim | None:
    """Any delivery, whatever its state and its turn; None while it is being sent."""
    claim = Claim(delivery_id, _new_lease())
    taken = Delivery.objects.filter(_free(now), pk=delivery_id)
    return claim if taken.update(lease=claim.lease, leased_until=now + LEASE) else None


def take_up(claim: Claim, now: dt.datetime) -> Delivery | None:
    """The claimed delivery, for half a minute from now; None if it is somebody else's or gone."""
    held = Delivery.objects.filter(pk=claim.delivery_id, lease=claim.lease)
    return held.first() if held.update(leased_until=now + LEASE) else None


def release(claims: Iterable[Claim]) -> None:
    """Leave them to others at once."""
    for claim in claims:
        Delivery.objects.filter(pk=claim.delivery_id, lease=claim.lease).update(leased_until=None)


def give_up_what_nobody_wants(now: dt.datetime) -> None:
    """What still waits for endpoints that have been turned off."""
    unwanted = Delivery.objects.filter(due_at__isnull=False, endpoint__active=False)
    unwanted.update(state=State.GIVEN_UP, due_at=None, finished_at=now)


def _heads() -> QuerySet[Delivery, int]:
    """The keys of each room's first open delivery to each endpoint."""
    lanes = Delivery.objects.filter(due_at__isnull=False).order_by().values("endpoint", "room_id")
    return lanes.annotate(head=Min("pk")).values_list("head", flat=True)


def _free(now: dt.datetime) -> Q:
    """Held by nobody. A lease that ends later than any could was made by a clock that was ahead: it is none."""
    return Q(leased_until__isnull=True) | Q(leased_until__lt=now) | Q(leased_until__gt=now + LONGEST)


def held(now: dt.datetime) -> Q:
    """What somebody is sending at the moment."""
    return ~_free(now)


def _claim(keys: list[int], now: dt.datetime) -> list[Claim]:
    """Those of them that nobody else was quicker to claim."""
    if not keys:
        return []
    lease = _new_lease()
    free = Delivery.objects.filter(_free(now), pk__in=keys, due_at__isnull=False)
    free.update(lease=lease, leased_until=now + LEASE)
    claimed = Delivery.objects.filter(pk__in=keys, lease=lease).order_by("due_at", "pk")
    return [Claim(key, lease) for key in claimed.values_list("pk", flat=True)]


def _new_lease() -> str:
    return secrets.token_hex(16)


class _Capacity:
    """How many more attempts each endpoint may have at the same time."""

    def __init__(self, now: dt.datetime) -> None:
        under_way = Delivery.objects.filter(~_free(now), due_at__isnull=False).order_by().values("endpoint")
        self._taken = Counter(dict(under_way.annotate(count=Count("pk")).values_list("endpoint", "count")))
        self._failing = set(Endpoint.objects.filter(failing_since__isnull=False).values_list("pk", flat=True))

    def one_more(self, endpoint: int) -> bool:
        """Take one, if there is one left."""
        most = MOST_FOR_FAILING if endpoint in self._failing else MOST_FOR_ONE
        self._taken[endpoint] += 1
        return self._taken[endpoint] <= most
