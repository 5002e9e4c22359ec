"""Who makes what: each job is claimed in the database before anything is done, and for as long as it is.

Composers of a machine make one video at a time, since each keeps the machine busy, and beside it one file of a person.
A claim is kept up every few seconds: what a killed composer held is made by another one, or the next, soon after.
"""

from __future__ import annotations

import datetime as dt
import secrets
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from django.db.models import Q

from recording.models import Job, Status

if TYPE_CHECKING:
    from django.db.models import QuerySet

J = TypeVar("J", bound=Job)

# Several times as long as the pause between two signs of life.
LEASE: Final = dt.timedelta(seconds=30)
# So much time may be left of a lease: composers' clocks may be apart by the difference.
LONGEST: Final = 2 * LEASE
_OPEN: Final = (Status.WAITING, Status.COMPOSING)


class Claim(NamedTuple):
    """The right to make something."""

    job_id: int
    lease: str


def claim_next(jobs: QuerySet[Job], now: dt.datetime) -> Claim | None:
    """The longest overdue one of a machine's `jobs` of one kind; None while one of them is being made."""
    unfinished = jobs.filter(status__in=_OPEN)
    if unfinished.exclude(_free(now)).exists():
        return None
    due = unfinished.filter(_free(now), due_at__lte=now).order_by("due_at", "pk")
    for key in due.values_list("pk", flat=True)[:1]:
        claim = Claim(key, secrets.token_hex(16))
        # By its own columns only: PostgreSQL looks at those again once another claim has been written, at no others.
        free = _all(jobs.model).filter(_free(now), pk=key, status__in=_OPEN)
        if free.update(lease=claim.lease, lease_until=now + LEASE, status=Status.COMPOSING):
            return claim
    return None


def held(model: type[J], claim: Claim) -> QuerySet[J]:
    """The claimed job; nothing if it is somebody else's by now, or nobody's."""
    return _all(model).filter(pk=claim.job_id, lease=claim.lease, status=Status.COMPOSING)


def keep(model: type[Job], claim: Claim, now: dt.datetime, progress: int) -> bool:
    """Hold the claim for as long again, and note how far it is (in percent); False if it is lost."""
    return bool(held(model, claim).update(lease_until=now + LEASE, progress=progress))


def release(model: type[Job], claim: Claim) -> None:
    """Leave it to others at once, to go on where this one was."""
    held(model, claim).update(lease="", lease_until=None, status=Status.WAITING)


def _all(model: type[J]) -> QuerySet[J]:
    return model._default_manager.all()  # noqa: SLF001 - Django's name for the manager of any model


def _free(now: dt.datetime) -> Q:
    """Held by nobody. A lease that ends later than any could was made by a clock that was ahead: it is none."""
    return Q(lease_until__isnull=True) | Q(lease_until__lt=now) | Q(lease_until__gt=now + LONGEST)
