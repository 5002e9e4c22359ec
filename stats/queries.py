"""What a room's sessions come to within a period, counted by the database.

A session reaches beyond the period? Then it counts as if it began or ended where the period does. One that lasts, or
whose node was never heard of again, reaches to its last mark. All times are whole seconds, as they are told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Func, IntegerField, Max, Min, Q, Sum, Value, Window
from django.db.models.expressions import RowRange
from django.db.models.functions import Coalesce, Greatest, Least

from stats.models import Session

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import QuerySet
    from django.db.models.sql.compiler import SQLCompiler

    from meet.accounts.models import Account
    from stats.period import Period


@dataclass(frozen=True)
class Summary:
    """Of a room in a period; Unix times and a duration in seconds."""

    participants: int
    start_time: int
    end_time: int
    duration: int


@dataclass(frozen=True)
class Stay:
    """One session of somebody's, as far as it lies in the period."""

    person_id: str
    join_time: int
    leave_time: int

    @property
    def duration(self) -> int:
        """In seconds."""
        return self.leave_time - self.join_time


def summary(account: Account, room_id: str, period: Period) -> Summary | None:
    """How many different people were in, from when to when, and for how long somebody was; None for nobody.

    Spec: "Statistics", whose two definitions of the duration this joins. While somebody is there all the time, it is
    the difference of end and start (its example: 90660). Where a room is used for 60 minutes on each of two days it is
    120 minutes, as the night in between, in which nobody was there, does not count.
    """
    # Each session adds what comes after the latest end of all that began before it.
    reached = Window(Max("end"), order_by=F("joined_at").asc(), frame=RowRange(start=None, end=-1))
    found = (
        _clipped(account, room_id, period)
        .annotate(reached=Coalesce(reached, F("start"), output_field=IntegerField()))
        .annotate(added=Greatest(Value(0), F("end") - Greatest(F("start"), F("reached"))))
        .aggregate(
            participants=Count("peer_id", distinct=True),
            start_time=Min("start"),
            end_time=Max("end"),
            duration=Sum("added"),
        )
    )
    return Summary(**found) if found["participants"] else None


def stays(account: Account, room_id: str, period: Period, *, offset: int, limit: int) -> list[Stay]:
    """A part of the list: person by person, each one's newest session first (as in the spec's example)."""
    sessions = _clipped(account, room_id, period).order_by("-peer_id", "-joined_at", "-id")
    rows = sessions.values_list("peer_id", "start", "end")[offset : offset + limit]
    return [Stay(*row) for row in rows]


def _clipped(account: Account, room_id: str, period: Period) -> QuerySet[Any]:
    """The sessions that lie in a period at least in part, with `start` and `end` cut to it."""
    started_at, ended_at = period.started_at, period.ended_at
    begun = Q(account=account, room_id=room_id, joined_at__lt=ended_at)
    # One without a mark yet has no extent, and is there all the same.
    not_over = Q(marked_at__gt=started_at) | Q(joined_at__gte=started_at)
    start = Greatest(_Seconds("joined_at"), Value(period.start))
    end = Greatest(start, Least(_Seconds("marked_at"), Value(period.end)))
    return Session.objects.filter(begun, not_over).order_by().annotate(start=start, end=end)


class _Seconds(Func):
    """A time as whole seconds of Unix time."""

    arity = 1
    output_field = IntegerField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any) -> Any:
        """SQLite keeps times as text."""
        template = "CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **more)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any) -> Any:
        """Floating-point numbers are exact enough, and quicker than `extract`'s decimal ones."""
        template = "FLOOR(DATE_PART('epoch', %(expressions)s))::bigint"
        return self.as_sql(compiler, connection, template=template, **more)
