"""What an account's admins are told when recordings go wrong."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from meet.accounts.incidents import report
from meet.accounts.models import Account, Incident
from meet.leases import held
from recording.models import Status, Video

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from recording.models import Job, Recording

INCIDENT: Final = Incident.Kind.RECORDING
ENDED_EARLY: Final = {
    "diskFull": "A recording ended before the meeting did: the server's disk was nearly full.",
    "writeError": "A recording ended before the meeting did: the server could not write its files.",
}
NOT_COMPOSED: Final = "A recording could not be made into a video. Which one, and why, is at Videos in the admin."
NO_COMPOSER: Final = "Recordings wait to be made into videos, but the server's composer does not run."
FULL_DISK: Final = "Recordings wait to be made into videos: the server's disk is nearly full."
# A composer looks every few seconds.
OVERDUE: Final = dt.timedelta(minutes=10)
# What goes on is told so often.
AGAIN: Final = dt.timedelta(hours=6)


def tell_of_end(recording: Recording, now: dt.datetime) -> None:
    """A capture has ended; nothing if somebody wanted that."""
    message = ENDED_EARLY.get(recording.reason)
    if message is not None:
        report(Account(pk=recording.account_id), INCIDENT, message, now)


def tell_of_failure(video: Video, now: dt.datetime) -> None:
    """There will be no video."""
    report(Account(pk=video.account_id), INCIDENT, NOT_COMPOSED, now)


def tell_of_missing_composers(now: dt.datetime) -> None:
    """Videos have been due for a while on machines where nobody makes any."""
    due = Video.objects.filter(status__in=(Status.WAITING, Status.COMPOSING), deleted_at=None)
    busy = due.filter(held(now)).values("recording__node")
    overdue = due.filter(due_at__lt=now - OVERDUE).exclude(recording__node__in=busy)
    _tell_again(NO_COMPOSER, overdue, now)


def tell_of_full_disk(waiting: QuerySet[Job], now: dt.datetime) -> None:
    """These can't be made at the moment."""
    _tell_again(FULL_DISK, waiting, now)


def _tell_again(message: str, jobs: QuerySet[Job], now: dt.datetime) -> None:
    """Tell the accounts whose jobs these are of something that goes on."""
    told = Incident.objects.filter(kind=INCIDENT, message=message, last_at__gte=now - AGAIN)
    theirs = jobs.order_by().values(jobs.model.account_path)
    for account in Account.objects.filter(pk__in=theirs).exclude(pk__in=told.values("account")):
        report(account, INCIDENT, message, now)
