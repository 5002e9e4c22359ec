"""Who makes what: each job is claimed in the database before anything is done, and for as long as it is.

Composers of a machine make one video at a time, since each keeps the machine busy, and beside it one file of a person.
Accounts take turns, so that nobody's long or many videos hold up the others'.
A claim is kept up every few seconds: what a killed composer held is made by another one, or the next, soon after.
"""

from __future__ import annotations

import datetime as dt
import secrets
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from django.db.models import F, Max, Min, Q

from recording.models import Job, Status

if TYPE_CHECKING:
    from django.db.models import QuerySet

J = TypeVar("J", bound=Job)

# Several times as long as the pause between two signs of life.
LEASE: Final = dt.timedelta(seconds=30)
# So much time may be left of a lease: composers' clocks may be apart by the difference.
LONGEST: Final = 2 * LEASE
# Who had a turn longer ago is first, like those who never had one.
TURNS_KEPT: Final = dt.timedelta(days=1)
_NEVER: Final = dt.datetime.min.replace(tzinfo=dt.UTC)
_OPEN: Final = (Status.WAITING, Status.COMPOSING)


class Claim(NamedTuple):
    """The right to make something."""

    job_id: int
    lease: str


def claim_next(jobs: QuerySet[Job], now: dt.datetime) -> Claim | None:
    """One of a machine's `jobs` of one kind; None while one of them is being made.

    It is the longest overdue one of the account whose turn was longest ago.
    """
    unfinished = jobs.filter(status__in=_OPEN)
    if unfinished.exclude(_free(now)).exists():
        return None
    waiting = due(jobs, now)
    path = jobs.model.account_path
    account = _next_account(waiting, now)
    for key in waiting.filter(**{path: account}).values_list("pk", flat=True)[:1]:
        claim = Claim(key, secrets.token_hex(16))
        # By its own columns only: PostgreSQL looks at those again once another claim has been written, at no others.
        free = _all(jobs.model).filter(_free(now), pk=key, status__in=_OPEN)
        if free.update(lease=claim.lease, lease_until=now + LEASE, began_at=now, status=Status.COMPOSING):
            return claim
    return None


def due(jobs: QuerySet[J], now: dt.datetime) -> QuerySet[J]:
    """Those that can be made now and that nobody makes, the longest overdue first."""
    return jobs.filter(_free(now), status__in=_OPEN, due_at__lte=now).order_by("due_at", "pk")


def others_wait(jobs: QuerySet[Job], claim: Claim, now: dt.datetime) -> bool:
    """Whether a machine has a due job of another account than that of what is being made."""
    path = jobs.model.account_path
    mine = _all(jobs.model).filter(pk=claim.job_id).values(path)
    return due(jobs, now).exclude(**{f"{path}__in": mine}).exists()


def _next_account(jobs: QuerySet[Job], now: dt.datetime) -> int | None:
    """Whose turn it is: of those who wait, who was served longest ago; of equal ones, who has waited longest."""
    path = jobs.model.account_path
    waiting = dict(jobs.order_by().values_list(path).annotate(Min("due_at")))
    recent = _all(jobs.model).filter(began_at__range=(now - TURNS_KEPT, now), **{f"{path}__in": list(waiting)})
    served = dict(recent.order_by().values_list(path).annotate(Max("began_at")))
    return min(waiting, key=lambda one: (served.get(one, _NEVER), waiting[one], one), default=None)


def held(model: type[J], claim: Claim) -> QuerySet[J]:
    """The claimed job; nothing if it is somebody else's by now, or nobody's."""
    return _all(model).filter(pk=claim.job_id, lease=claim.lease, status=Status.COMPOSING)


def keep(model: type[Job], claim: Claim, now: dt.datetime, progress: int, spent_s: float = 0.0) -> bool:
    """Hold the claim for as long again; False if it is lost.

    Notes how far it is (in percent), and so many more seconds of work.
    """
    more = F("spent_s") + spent_s
    return bool(held(model, claim).update(lease_until=now + LEASE, progress=progress, spent_s=more))


def release(model: type[Job], claim: Claim) -> None:
    """Leave it to others at once, to go on where this one was."""
    held(model, claim).update(lease="", lease_until=None, status=Status.WAITING)


def _all(model: type[J]) -> QuerySet[J]:
    return model._default_manager.all()  # noqa: SLF001 - Django's name for the manager of any model


def _free(now: dt.datetime) -> Q:
    """Held by nobody. A lease that ends later than any could was made by a clock that was ahead: it is none."""
    return Q(lease_until__isnull=True) | Q(lease_until__lt=now) | Q(lease_until__gt=now + LONGEST)
