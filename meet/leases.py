"""Leases: the right to work on a row of the database, for half a minute at a time.

Whoever takes work up leases its row in one conditional UPDATE and renews the lease while they work; what a killed
process held is free again soon after. What may be leased, and in which order, is its own module's decision.
"""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any, Final, NamedTuple, TypeVar

from django.db import models
from django.db.models import Q, QuerySet

M = TypeVar("M", bound="Leased")

# Several times as long as an attempt of a delivery can take, or the pause between two renewals.
LEASE: Final = dt.timedelta(seconds=30)
# So much time may be left of a lease: the machines' clocks may be apart by the difference.
LONGEST: Final = 2 * LEASE
# What a row has that nobody holds: for an `update`.
RELEASED: Final[dict[str, Any]] = {"lease": "", "lease_until": None}


class Leased(models.Model):
    """A row that one process at a time works on: the one whose `lease` it bears, until `lease_until`."""

    lease = models.CharField(max_length=32, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True


class Lease(NamedTuple):
    """The right to work on the row with this `key`, under the `owner`'s name, which nobody else has."""

    key: int
    owner: str


def free(now: dt.datetime) -> Q:
    """Held by nobody. A lease that ends later than any could was made by a clock that was ahead: it is none."""
    return Q(lease_until__isnull=True) | Q(lease_until__lt=now) | Q(lease_until__gt=now + LONGEST)


def held(now: dt.datetime) -> Q:
    """Worked on by somebody at the moment."""
    return ~free(now)


def take(rows: QuerySet[M], now: dt.datetime, **changes: Any) -> str:
    """Lease those of `rows` that are free, and change them; the owner's name that they bear now, empty for none.

    Name rows by their own columns only: PostgreSQL looks at those again once another lease has been written.
    """
    owner = secrets.token_hex(16)
    return owner if rows.filter(free(now)).update(lease=owner, lease_until=now + LEASE, **changes) else ""


def leased(rows: QuerySet[M], lease: Lease) -> QuerySet[M]:
    """The leased one of `rows`; nothing if it is somebody else's by now, or nobody's."""
    return rows.filter(pk=lease.key, lease=lease.owner)


def renew(rows: QuerySet[M], lease: Lease, now: dt.datetime, **changes: Any) -> bool:
    """Hold a lease for half a minute from now, and change its row; False if it is lost."""
    return bool(leased(rows, lease).update(lease_until=now + LEASE, **changes))


def release(rows: QuerySet[M], lease: Lease, **changes: Any) -> None:
    """Leave a row to others at once, changed; somebody else's is left as it is."""
    leased(rows, lease).update(**RELEASED, **changes)
