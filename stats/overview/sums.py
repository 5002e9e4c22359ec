"""Adds up the sessions of one day. The database does it: an account can have a million sessions."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from django.db import connection
from django.db.models import Count, Min, Q, Sum, Value
from django.db.models.functions import Greatest, Least

from rooms.webhooks.models import Delivery
from stats.models import Session
from stats.overview.days import DaySums, bounds

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from meet.accounts.models import Account

# A session that lasts is marked every 30 seconds. One that has not been for so long was lost with its node.
SILENCE: Final = dt.timedelta(minutes=2)
# Who is in after each coming and going, one after the other. At one moment those leave first who came before it (turn
# 0), others come (1), and those leave who came and went at once (2).
_PEAK: Final = """
WITH stays AS ({stays})
SELECT max(people) FROM (
    SELECT sum(step) OVER (ORDER BY moment, turn ROWS UNBOUNDED PRECEDING) AS people FROM (
        SELECT came AS moment, 1 AS turn, 1 AS step FROM stays
        UNION ALL
        SELECT went, CASE WHEN went > came THEN 0 ELSE 2 END, -1 FROM stays
    ) AS edges
) AS counted
"""


def first_day(account: Account) -> dt.date | None:
    """The day on which somebody came for the first time, if anybody has."""
    first: dt.datetime | None = _of(account).aggregate(first=Min("joined_at"))["first"]
    return first.astimezone(dt.UTC).date() if first is not None else None


def going_since(account: Account, moment: dt.datetime) -> dt.datetime:
    """When the first of those came who were in at a moment; the moment itself where nobody was. Reads all sessions."""
    going = _of(account).filter(joined_at__lt=moment, marked_at__gt=moment)
    since: dt.datetime | None = going.aggregate(since=Min("joined_at"))["since"]
    return since or moment


def day_sums(account: Account, day: dt.date, since: dt.datetime, now: dt.datetime) -> tuple[DaySums, dt.datetime]:
    """A day's sums, and `going_since` its end. Only sessions that began at `since` or later are looked at.

    `since` is `going_since` the day's beginning. A session counts with its part in the day, and in peaks from the
    moment when it begins until just before it ends.
    """
    start, end = bounds(day)
    sessions = _of(account).filter(
        Q(joined_at__gte=start) | Q(marked_at__gt=start), joined_at__gte=since, joined_at__lt=end
    )
    part = Least("marked_at", Value(end)) - Greatest("joined_at", Value(start))
    lost = Q(interrupted=True) | Q(left_at=None, marked_at__lt=now - SILENCE)
    found = sessions.aggregate(
        total=Sum(part),
        rooms=Count("room_id", distinct=True),
        sessions=Count("pk"),
        lost=Count("pk", filter=Q(marked_at__lte=end) & lost),
        since=Min("joined_at", filter=Q(marked_at__gt=end)),
    )
    return DaySums(
        seconds=round((found["total"] or dt.timedelta()).total_seconds()),
        peak=_peak(sessions, start, end) if found["sessions"] else 0,
        rooms=found["rooms"],
        sessions=found["sessions"],
        lost=found["lost"],
        failed_events=_failed_events(account, start, end),
    ), found["since"] or end


def _peak(sessions: QuerySet[Session], start: dt.datetime, end: dt.datetime) -> int:
    """How many were in at the same time at most."""
    stays = sessions.annotate(came=Greatest("joined_at", Value(start)), went=Least("marked_at", Value(end)))
    sql, parameters = stays.values("came", "went").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_PEAK.format(stays=sql), parameters)
        return int(cursor.fetchone()[0])


def _failed_events(account: Account, start: dt.datetime, end: dt.datetime) -> int:
    """Of those that happened in the time. How often each was tried says nothing about how many there were."""
    events = Delivery.objects.filter(endpoint__account=account, happened_at__gte=start, happened_at__lt=end)
    return events.filter(failures__gt=0).count()


def _of(account: Account) -> QuerySet[Session]:
    return Session.objects.filter(account=account).order_by()
