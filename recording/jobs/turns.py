"""Which job is made next, and who makes it: each is leased in the database for as long as it is being made.

Composers of a machine make one video at a time, since each keeps the machine busy, and beside it one file of a person.
Accounts take turns, so that nobody's long or many videos hold up the others'.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final, TypeVar

from django.db.models import F, Max, Min

from meet import leases
from meet.leases import Lease, free, leased, renew, take
from recording.models import Job, Status

if TYPE_CHECKING:
    from django.db.models import QuerySet

J = TypeVar("J", bound=Job)

# Who had a turn longer ago is first, like those who never had one.
TURNS_KEPT: Final = dt.timedelta(days=1)
_NEVER: Final = dt.datetime.min.replace(tzinfo=dt.UTC)
_OPEN: Final = (Status.WAITING, Status.COMPOSING)


def lease_next(jobs: QuerySet[Job], now: dt.datetime) -> Lease | None:
    """One of a machine's `jobs` of one kind; None while one of them is being made.

    It is the longest overdue one of the account whose turn was longest ago.
    """
    unfinished = jobs.filter(status__in=_OPEN)
    if unfinished.filter(leases.held(now)).exists():
        return None
    waiting = due(jobs, now)
    path = jobs.model.account_path
    account = _next_account(waiting, now)
    for key in waiting.filter(**{path: account}).values_list("pk", flat=True)[:1]:
        ours = take(_all(jobs.model).filter(pk=key, status__in=_OPEN), now, began_at=now, status=Status.COMPOSING)
        if ours:
            return Lease(key, ours)
    return None


def due(jobs: QuerySet[J], now: dt.datetime) -> QuerySet[J]:
    """Those that can be made now and that nobody makes, the longest overdue first."""
    return jobs.filter(free(now), status__in=_OPEN, due_at__lte=now).order_by("due_at", "pk")


def others_wait(jobs: QuerySet[Job], lease: Lease, now: dt.datetime) -> bool:
    """Whether a machine has a due job of another account than that of what is being made."""
    path = jobs.model.account_path
    mine = _all(jobs.model).filter(pk=lease.key).values(path)
    return due(jobs, now).exclude(**{f"{path}__in": mine}).exists()


def _next_account(jobs: QuerySet[Job], now: dt.datetime) -> int | None:
    """Whose turn it is: of those who wait, who was served longest ago; of equal ones, who has waited longest."""
    path = jobs.model.account_path
    waiting = dict(jobs.order_by().values_list(path).annotate(Min("due_at")))
    recent = _all(jobs.model).filter(began_at__range=(now - TURNS_KEPT, now), **{f"{path}__in": list(waiting)})
    served = dict(recent.order_by().values_list(path).annotate(Max("began_at")))
    return min(waiting, key=lambda one: (served.get(one, _NEVER), waiting[one], one), default=None)


def held(model: type[J], lease: Lease) -> QuerySet[J]:
    """The leased job; nothing if it is somebody else's by now, or nobody's."""
    return leased(_all(model), lease).filter(status=Status.COMPOSING)


def keep(model: type[Job], lease: Lease, now: dt.datetime, progress: int, spent_s: float = 0.0) -> bool:
    """Hold the lease for as long again; False if it is lost.

    Notes how far it is (in percent), and so many more seconds of work.
    """
    more = F("spent_s") + spent_s
    return renew(held(model, lease), lease, now, progress=progress, spent_s=more)


def release(model: type[Job], lease: Lease) -> None:
    """Leave it to others at once, to go on where this one was."""
    leases.release(held(model, lease), lease, status=Status.WAITING)


def _all(model: type[J]) -> QuerySet[J]:
    return model._default_manager.all()  # noqa: SLF001 - Django's name for the manager of any model
